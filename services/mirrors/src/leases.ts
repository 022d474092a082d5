import { MillraceError, type Clock, type Logger, type Stoppable } from '@millrace/runtime';
import { startLoop } from '@millrace/stage';
import type { Database } from '@millrace/store';

/** The right to run a mirror, which one process has at a time. */
export interface Lease {
  /** Aborted when it is lost. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

export interface Leases extends Stoppable {
  /** Waits until nobody else has it. @throws the signal's reason */
  hold(name: string, signal: AbortSignal): Promise<Lease>;
}

export interface LeaseOptions {
  /** A session that is silent for this long has lost its leases; by default 15 s. */
  readonly silenceMs?: number;
}

/** Any number: those of the mirrors among the advisory locks of the database. */
const lockClass = 7_246_100;
const retryMs = 500;
const retryWhenAwayMs = 3_000;

/**
 * Leases as advisory locks of one PostgreSQL session. They are free in the moment that the process is dead, since its socket is closed
 * then, and after `silenceMs` where it hangs or its machine is gone: the server ends a session that is silent. A process that did
 * not notice is fenced by Kafka: the lease only keeps replicas from fighting.
 */
export function createLeases(
  {
    database,
    clock,
    logger,
  }: { readonly database: Database; readonly clock: Clock; readonly logger: Logger },
  { silenceMs = 15_000 }: LeaseOptions = {},
): Leases {
  let session: Promise<Session> | undefined;
  const present = (): Promise<Session> => {
    session ??= openSession(database, clock, silenceMs, (error) => {
      session = undefined;
      logger.warn({ error }, 'the leases of the mirrors are lost: the session with PostgreSQL has ended');
    }).catch((error: unknown) => {
      session = undefined;
      throw error;
    });
    return session;
  };

  return {
    async hold(name, signal) {
      for (;;) {
        signal.throwIfAborted();
        let pauseMs = retryMs;
        try {
          const owner = await present();
          if (await owner.lock(name)) return { signal: owner.lost, release: () => owner.unlock(name) };
        } catch (error) {
          logger.warn({ error, lease: name }, 'PostgreSQL cannot be asked for a lease; it is tried again');
          pauseMs = retryWhenAwayMs;
        }
        await clock.sleep(pauseMs, signal);
      }
    },
    async stop() {
      // Where there was none it was told, and tried again, when a lease was asked for.
      const open = await session?.catch(() => undefined);
      await open?.stop();
    },
  };
}

interface Session extends Stoppable {
  readonly lost: AbortSignal;
  lock(name: string): Promise<boolean>;
  unlock(name: string): Promise<void>;
}

async function openSession(
  database: Database,
  clock: Clock,
  silenceMs: number,
  onLost: (error: unknown) => void,
): Promise<Session> {
  const connection = await database.$client.connect();
  const losing = new AbortController();
  let isOpen = true;
  const end = (): void => {
    isOpen = false;
    connection.release(true);
  };
  const lose = (error: unknown): void => {
    if (!isOpen) return;
    end();
    losing.abort(new MillraceError('fenced', 'The lease of the mirror is lost.', { cause: error }));
    onLost(error);
  };
  const ask = async (text: string, values: readonly unknown[] = []): Promise<unknown> => {
    if (!isOpen) throw new MillraceError('database_unavailable', 'The session of the leases has ended.');
    try {
      const { rows } = await connection.query(text, [...values]);
      const [row] = rows as { readonly result?: unknown }[];
      return row?.result;
    } catch (error) {
      lose(error);
      throw error;
    }
  };
  connection.on('error', lose);
  connection.on('end', () => lose(new MillraceError('database_unavailable', 'The connection was closed.')));
  await ask(`select set_config('idle_session_timeout', $1, false) as result`, [`${silenceMs}ms`]);
  const beat = startLoop({ clock, intervalMs: silenceMs / 4, onError: lose }, async () => {
    if (!isOpen) return;
    const tooLate = clock.setTimer(silenceMs / 2, () =>
      lose(new MillraceError('database_unavailable', 'PostgreSQL does not answer.')),
    );
    try {
      await ask('select 1 as result');
    } finally {
      tooLate.cancel();
    }
  });

  return {
    lost: losing.signal,
    lock: async (name) =>
      (await ask('select pg_try_advisory_lock($1, hashtext($2)) as result', [lockClass, name])) === true,
    async unlock(name) {
      if (isOpen) await ask('select pg_advisory_unlock($1, hashtext($2)) as result', [lockClass, name]);
    },
    async stop() {
      await beat.stop();
      if (isOpen) end();
    },
  };
}
