import { drizzle, type NodePgDatabase } from './drizzle/node-postgres.ts';
import type { PoolClient } from 'pg';
import { withConnection } from './connection.ts';
import type { Database } from './database.ts';
import * as schema from './schema/index.ts';

/** Drizzle on a connection that is in a transaction. */
export type Transaction = NodePgDatabase<typeof schema>;

/** What is done once a transaction is committed; it must not fail. */
export type AfterCommit = () => void;

interface Running {
  readonly connection: PoolClient;
  readonly acts: AfterCommit[];
}

const running = new WeakMap<Transaction, Running>();

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
    const transaction = drizzle(connection, { schema });
    const acts: AfterCommit[] = [];
    running.set(transaction, { connection, acts });
    const result = await work(transaction);
    await connection.query('commit');
    for (const act of acts) act();
    return result;
  });
}

/** Has something done once this transaction is committed, and not at all where it is not. In the order in which it was asked for. */
export function afterCommit(transaction: Transaction, act: AfterCommit): void {
  placeOf(transaction).acts.push(act);
}

/** The connection of a transaction that `inTransaction` has begun. */
export function connectionOf(transaction: Transaction): PoolClient {
  return placeOf(transaction).connection;
}

function placeOf(transaction: Transaction): Running {
  const place = running.get(transaction);
  if (place === undefined) throw new Error('this is no transaction of inTransaction');
  return place;
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
