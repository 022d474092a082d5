import type { Writable } from 'node:stream';
import { DatabaseError, type PoolClient } from 'pg';
import { MillraceError } from '@millrace/runtime';
import type { Database } from './database.ts';
import type { Statement } from './statement.ts';

/**
 * Runs `use` on a connection of its own. One that was lost, or is still in a transaction, is thrown away, not given back.
 *
 * @throws `database_unavailable` when there is no connection, or it is lost
 */
export async function withConnection<Result>(
  database: Database,
  use: (connection: PoolClient) => Promise<Result>,
): Promise<Result> {
  let connection: PoolClient;
  try {
    connection = await database.$client.connect();
  } catch (cause) {
    throw new MillraceError('database_unavailable', 'There is no connection to the database.', { cause });
  }
  let lost: unknown;
  try {
    return await use(connection);
  } catch (error) {
    lost = database.lossOf(connection) ?? (isFatal(error) ? error : undefined);
    if (lost === undefined) throw error;
    throw new MillraceError('database_unavailable', 'The connection to the database was lost.', {
      cause: error,
    });
  } finally {
    connection.release(lost !== undefined || connection.getTransactionStatus() !== 'I');
  }
}

/** SQLSTATEs with which PostgreSQL ends a connection: it shuts down, or was told to (appendix A). */
const fatalStates = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04']);

function isFatal(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof DatabaseError && fatalStates.has(cause.code ?? '')) return true;
  return false;
}

/** Sends a statement; several are sent at once and run in the order given. */
export async function send<Rows>(
  connection: PoolClient,
  { name, text, values }: Statement<Rows>,
): Promise<Rows> {
  const { rows } = await connection.query({ name, text, values: [...values] });
  return rows as Rows;
}

/** Hands over all that `begin` sends in one system call, which costs more than most statements. */
export function inOneWrite<Result>(connection: PoolClient, begin: () => Result): Result {
  const { stream } = (connection as unknown as { readonly connection: { readonly stream: Writable } })
    .connection;
  stream.cork();
  try {
    return begin();
  } finally {
    stream.uncork();
  }
}

/**
 * Runs one statement.
 *
 * @throws `database_unavailable`, and what PostgreSQL says of the statement
 */
export function execute<Rows>(database: Database, statement: Statement<Rows>): Promise<Rows> {
  return withConnection(database, (connection) => send(connection, statement));
}
