import { setTimeout } from 'node:timers/promises';
import { billingSettings, seedPrices, startBilling } from '@millrace/billing';
import { connectNats } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions } from '@millrace/contracts';
import {
  createLogger,
  createMetrics,
  readSettings,
  stopInReverse,
  systemClock,
  type Stoppable,
} from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import { closingOf, publishClosing } from '@millrace/stage/testing';
import { startTestDatabase, startTestNats } from '@millrace/testkit';
import { countArrivals } from './count-arrivals.ts';

export interface LedgerRow {
  readonly closings: number;
  /** From the start of billing until all rows are committed. */
  readonly 'ledger rows/s': number;
  /** Until all of them are published as well. */
  readonly 'published rows/s': number;
}

interface Measurement {
  readonly closings: number;
  readonly say: (text: string) => unknown;
}

const tenants = 100;
const pollMs = 10;

/** Stores closings, then starts billing and waits until all are in the ledger, and until all are published. */
export async function measureLedger({ closings, say }: Measurement): Promise<LedgerRow> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    say('ledger: starting …');
    const logger = createLogger({ service: 'bench', level: 'warn' });
    const nats = keep(await startTestNats());
    const { database } = keep(await startTestDatabase());
    const bus = keep(await connectNats({ url: nats.url, name: 'bench', logger }));
    const codec = createCodec();
    await bus.provision(streamDefinitions(), bucketDefinitions);
    const price = { currency: 'USD', inputPerMillionTokens: '0.05', outputPerMillionTokens: '0.20' };
    await seedPrices(database, { models: [{ name: 'model', price }] });
    say(`ledger: ${closings} closings …`);
    for (let index = 0; index < closings; index += 500)
      await Promise.all(
        Array.from({ length: Math.min(500, closings - index) }, (_, place) =>
          publishClosing(bus, codec, closingOf(`tenant-${(index + place) % tenants}`)),
        ),
      );
    const dependencies = {
      bus: keep(await connectNats({ url: nats.url, name: 'billing', logger })),
      codec,
      sealing: await createSealing(new Uint8Array(32), createMemoryKeyStore()),
      clock: systemClock,
      logger,
      metrics: createMetrics(),
      database,
    };
    const settings = readSettings(billingSettings, { DATABASE_URL: 'postgres://unused' });
    const published = await countArrivals(bus, 'mr.billing.charged.*');
    const startedAt = performance.now();
    const secondsSince = (): number => (performance.now() - startedAt) / 1_000;
    keep(await startBilling(dependencies, settings));
    const all = published.reach(closings).then(secondsSince);
    while ((await rowCount(database)) < closings) await setTimeout(pollMs);
    const committedSeconds = secondsSince();
    const publishedSeconds = await all;
    await published.stop();
    return {
      closings,
      'ledger rows/s': Math.round(closings / committedSeconds),
      'published rows/s': Math.round(closings / publishedSeconds),
    };
  } finally {
    await stopInReverse(parts);
  }
}

/** Rows are numbered without gaps. */
async function rowCount(
  database: Awaited<ReturnType<typeof startTestDatabase>>['database'],
): Promise<number> {
  const { rows } = await database.execute<{ last: string | null }>(
    'select max(entry_number) as last from ledger',
  );
  return Number(rows[0]?.last ?? 0);
}
