import type { Bus } from '@millrace/bus';
import { createLogger, MillraceError } from '@millrace/runtime';
import { connectToNats } from '../connect-to-nats.ts';
import type { TailSettings } from './config.ts';

export interface ReadingBus {
  readonly bus: Bus;
  /** Aborted with `config_invalid` when the server refuses to let this user read. */
  readonly refused: AbortSignal;
  stop(): Promise<void>;
}

/**
 * Connects as the NATS user of the settings: `analyst`, where NATS has users.
 *
 * @throws `unavailable`, `config_invalid`
 */
export async function openReadingBus(settings: TailSettings): Promise<ReadingBus> {
  const refusal = new AbortController();
  const user = settings.natsUser;
  const logger = createLogger({ service: 'millrace', level: 'warn', destination: { write: onLine } });
  const bus = await connectToNats(settings, logger);
  return { bus, refused: refusal.signal, stop: () => bus.stop() };

  /** A refusal comes beside the question that it belongs to, which otherwise waits for an answer in vain. */
  function onLine(line: string): void {
    const { context } = JSON.parse(line) as { readonly context?: { readonly subject?: string } };
    if (context?.subject === undefined) return;
    const what = /^\$JS\.API\.(?:[A-Z]+\.)+([\w-]+)/u.exec(context.subject)?.[1] ?? context.subject;
    refusal.abort(
      new MillraceError(
        'config_invalid',
        `NATS does not let ${user ?? 'this connection'} read ${what}: set NATS_USER and NATS_PASSWORD to a user who may.`,
        { param: 'NATS_USER' },
      ),
    );
  }
}
