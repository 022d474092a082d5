import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres, { type Sql } from 'postgres';
import {
  MillraceError,
  retry,
  systemClock,
  systemRandom,
  type Logger,
  type Stoppable,
} from '@millrace/runtime';
import * as schema from './schema/index.ts';

/** Drizzle, and behind it the client itself for `transact`. */
export type Database = PostgresJsDatabase<typeof schema> & Stoppable & { readonly $client: Sql };

export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name` */
  readonly url: string;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
  /** Most connections; 8 by default. */
  readonly poolSize?: number;
  /** How long a database that does not answer yet is waited for; 30 s by default. */
  readonly waitMs?: number;
}

/** SQLSTATEs of a server that answers and will go on refusing: wrong password, no such database, not allowed. */
const finalStates = new Set(['28P01', '28000', '3D000', '42501']);

/**
 * Opens a pool of connections and waits until the database answers.
 *
 * @throws `database_unavailable` naming host and port, never the password
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, logger, poolSize = 8, waitMs = 30_000, signal = new AbortController().signal } = options;
  const client = postgres(url, {
    max: poolSize,
    connect_timeout: 10,
    onnotice: (notice) => logger.debug({ code: notice['code'] }, 'PostgreSQL sent a notice'),
    connection: { application_name: 'millrace' },
  });
  try {
    await retry(() => client`select 1`, {
      signal,
      clock: systemClock,
      random: systemRandom,
      maxElapsedMs: waitMs,
      initialMs: 50,
      maxMs: 1_000,
      isRetryable: (error) => !finalStates.has((error as { readonly code?: string }).code ?? ''),
    });
  } catch (cause) {
    await client.end({ timeout: 1 });
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : 'no answer';
    throw new MillraceError(
      'database_unavailable',
      `The database at ${placeOf(url)} cannot be used: ${why}.`,
      { cause },
    );
  }
  return Object.assign(drizzle(client, { schema }), { stop: () => client.end({ timeout: 5 }) });
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
