import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { withConnection } from './connection.ts';
import type { Database } from './database.ts';
import * as schema from './schema/index.ts';

/** Drizzle on a connection that is in a transaction. */
export type Transaction = NodePgDatabase<typeof schema>;

/**
 * Runs `work` in a transaction; when it throws, nothing of it is written. Drizzle's own transactions give a lost connection back to
 * the pool.
 *
 * @throws `database_unavailable`, and what `work` throws
 */
export function inTransaction<Result>(
  database: Database,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  return withConnection(database, async (connection) => {
    await connection.query('begin');
    const result = await work(drizzle(connection, { schema }));
    await connection.query('commit');
    return result;
  });
}

/**
 * Runs `work` with Drizzle on a connection, outside a transaction.
 *
 * @throws `database_unavailable`, and what `work` throws
 */
export function onConnection<Result>(
  database: Database,
  work: (connection: Transaction) => Promise<Result>,
): Promise<Result> {
  return withConnection(database, (connection) => work(drizzle(connection, { schema })));
}
