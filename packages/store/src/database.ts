import { drizzle, type NodePgDatabase } from './drizzle/node-postgres.ts';
import { Pool, type PoolClient } from 'pg';
import {
  MillraceError,
  retry,
  systemClock,
  systemRandom,
  type Logger,
  type Stoppable,
} from '@millrace/runtime';
import * as schema from './schema/index.ts';

/** Drizzle, and behind it the pool itself for `transact` and its like. Drizzle's own transactions are not for use: see `inTransaction`. */
export type Database = Omit<NodePgDatabase<typeof schema>, 'transaction'> &
  Stoppable & {
    readonly $client: Pool;
    /** Why a connection of the pool is lost, if it is. */
    readonly lossOf: (connection: PoolClient) => Error | undefined;
  };

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name` */
  readonly url: string;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
  /** Most connections; 8 by default. */
  readonly poolSize?: number;
  /** How long a statement waits for a lock; 10 s by default. */
  readonly lockTimeoutMs?: number;
  /** How long a database that does not answer yet is waited for; 30 s by default. 0: it is not, the first statement is. */
  readonly waitMs?: number;
}

/** SQLSTATEs of a server that answers and will go on refusing: wrong password, no such database, not allowed. */
const finalStates = new Set(['28P01', '28000', '3D000', '42501']);

/**
 * Opens a pool of connections and waits until the database answers.
 *
 * @throws `config_invalid` for what is no URL of PostgreSQL, `database_unavailable` naming host and port, never the password
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, logger, poolSize = 8, lockTimeoutMs = 10_000, waitMs = 30_000 } = options;
  const { signal = new AbortController().signal } = options;
  if (!isPostgresUrl(url)) {
    throw new MillraceError(
      'config_invalid',
      'DATABASE_URL is not a URL such as postgres://user@host:5432/name.',
      { param: 'DATABASE_URL' },
    );
  }
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    // What is sent together is not answered one by one.
    pipeline: true,
    connectionTimeoutMillis: 10_000,
    // Nobody waits for ever for a process that hangs in its transaction, or a machine that is gone.
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: 30_000,
    query_timeout: 120_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'millrace',
    // Plans are made while tables are small, and kept when they have grown: without scans of whole tables, and without a compiler.
    options: '-c enable_seqscan=off -c jit=off',
  });
  pool.on('error', (error) => logger.warn({ error }, 'an idle connection to PostgreSQL was lost'));
  const losses = new WeakMap<object, Error>();
  pool.on('connect', (connection) => {
    // Also between two owners of the connection, when nobody else listens.
    connection.on('error', (error) => losses.set(connection, error));
    connection.on('notice', (notice) => logger.debug({ code: notice.code }, 'PostgreSQL sent a notice'));
  });
  try {
    if (waitMs > 0)
      await retry(() => pool.query('select 1'), {
        signal,
        clock: systemClock,
        random: systemRandom,
        maxElapsedMs: waitMs,
        initialMs: 50,
        maxMs: 1_000,
        isRetryable: (error) => !finalStates.has((error as { readonly code?: string }).code ?? ''),
      });
  } catch (cause) {
    await pool.end();
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : 'no answer';
    throw new MillraceError(
      'database_unavailable',
      `The database at ${placeOf(url)} cannot be used: ${why}.`,
      { cause },
    );
  }
  let ended: Promise<void> | undefined;
  return Object.assign(drizzle(pool, { schema }), {
    lossOf: (connection: PoolClient) => losses.get(connection),
    stop: () => (ended ??= pool.end()),
  });
}

/** Without a host, `postgres://user@/name?host=/folder` names a socket. */
function isPostgresUrl(url: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(url) && URL.canParse(url.replace('@/', '@host/'));
}

/** Host, port and name of a database, without user and password. */
export function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return host + pathname;
  } catch (error) {
    if (error instanceof TypeError) return 'an address that is not a URL';
    throw error;
  }
}
