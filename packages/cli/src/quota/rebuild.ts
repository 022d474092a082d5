import { connectNats } from '@millrace/bus';
import { createCodec } from '@millrace/contracts';
import { watchPrices } from '@millrace/pricing';
import { rebuildQuotas } from '@millrace/quota';
import {
  createLogger,
  defineSettings,
  readSettings,
  setting,
  stopInReverse,
  systemClock,
  type Stoppable,
} from '@millrace/runtime';
import { openDatabase } from '@millrace/store';
import { formatColumns } from '../columns.ts';
import type { Outcome } from '../outcome.ts';

const rebuildSettings = defineSettings({
  natsUrl: setting.string('NATS_URL', {
    description: 'Where NATS is.',
    default: 'nats://127.0.0.1:4222',
  }),
  databaseUrl: setting.secret('DATABASE_URL', {
    description: 'Where PostgreSQL is: postgres://user:password@host/name.',
  }),
});

export interface RebuildCommand {
  readonly dryRun: boolean;
  /** However long admission has to wait. */
  readonly wait: boolean;
}

/**
 * Makes the counters of all quotas anew. It may run while requests come in.
 *
 * @throws `config_invalid`, `overloaded` when admission would have to wait for too long, `unavailable`, `database_unavailable`
 */
export async function rebuild(
  environment: Readonly<Record<string, string | undefined>>,
  { dryRun, wait }: RebuildCommand,
): Promise<Outcome> {
  const settings = readSettings(rebuildSettings, environment);
  const logger = createLogger({ service: 'millrace', level: 'silent' });
  const codec = createCodec();
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    const bus = keep(await connectNats({ url: settings.natsUrl, name: 'millrace', logger }));
    const database = keep(await openDatabase({ url: settings.databaseUrl.reveal(), logger }));
    const prices = keep(await watchPrices({ bus, codec, logger }));
    const found = await rebuildQuotas(
      { bus, codec, clock: systemClock, database, prices },
      { dryRun, ...(wait ? { maxLockedMs: 0 } : {}) },
    );
    const rows = [
      ['decisions read', found.decisions],
      ['closings read', found.closings],
      ['claims added', found.claimsAdded],
      ['claims closed', found.claimsClosed],
      ['quotas changed', found.quotasChanged],
    ] as const;
    const text = formatColumns(rows.map(([name, count]) => [name, String(count)]));
    return { text, json: { dryRun, ...found }, isGood: true };
  } finally {
    await stopInReverse(parts);
  }
}
