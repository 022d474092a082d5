import { inOneWrite, send, withConnection } from './connection.ts';
import type { Database } from './database.ts';
import { afterCommit, connectionOf, type Transaction } from './in-transaction.ts';
import type { Statement } from './statement.ts';

type FoundBy<Statements extends readonly Statement[]> = {
  readonly [Index in keyof Statements]: Statements[Index] extends Statement<infer Rows> ? Rows : never;
};

/** What a transaction writes, and what comes of it. */
export type Writing<Result> = { readonly statements: readonly Statement[] } & (
  | { readonly result: Result }
  /** Is given the rows that each statement returned, once all of it is committed. */
  | { readonly resultOf: (written: readonly (readonly unknown[])[]) => Result }
);

/** What a part of a transaction writes, and what comes of it. */
export interface WritingWithin<Result> {
  readonly statements: readonly Statement[];
  readonly result: Result;
  /** Is given the rows that each statement returned, once all of it is committed. */
  readonly committed?: (written: readonly (readonly unknown[])[]) => void;
}

/**
 * A transaction that waits for the database twice, however many statements it has: `begin` and all that is read are sent together,
 * then all that is written and `commit`. Its statements are prepared once for each connection and run in the order given.
 *
 * @throws `database_unavailable`, and what PostgreSQL says of the first statement that fails; nothing is written then, except
 * that a connection lost at the end leaves open whether all of it was
 */
export function transact<const Reading extends readonly Statement[], Result>(
  database: Database,
  reading: Reading,
  write: (...found: FoundBy<Reading>) => Writing<Result>,
): Promise<Result> {
  return withConnection(database, async (connection) => {
    const [, ...found] = await allOf(
      inOneWrite(connection, () => [
        connection.query('begin'),
        ...reading.map((each) => send(connection, each)),
      ]),
    );
    const writing = write(...(found as unknown as FoundBy<Reading>));
    // Behind a statement that failed, PostgreSQL refuses the others and takes `commit` for `rollback`.
    const written = await allOf(
      inOneWrite(connection, () => [
        ...writing.statements.map((each) => send(connection, each)),
        connection.query('commit'),
      ]),
    );
    if ('result' in writing) return writing.result;
    return writing.resultOf(written.slice(0, -1) as (readonly unknown[])[]);
  });
}

/**
 * The same as a part of a transaction that is under way: what is written is committed with the rest of it.
 *
 * @param write its `committed` is told once all of it is committed
 * @throws what PostgreSQL says of the first statement that fails: then the transaction comes to nothing
 */
export async function transactWithin<const Reading extends readonly Statement[], Result>(
  transaction: Transaction,
  reading: Reading,
  write: (...found: FoundBy<Reading>) => WritingWithin<Result>,
): Promise<Result> {
  const connection = connectionOf(transaction);
  const sendAll = (statements: readonly Statement[]) =>
    allOf(inOneWrite(connection, () => statements.map((each) => send(connection, each))));
  const found = await sendAll(reading);
  const { statements, result, committed } = write(...(found as unknown as FoundBy<Reading>));
  const written = await sendAll(statements);
  if (committed !== undefined) afterCommit(transaction, () => committed(written as (readonly unknown[])[]));
  return result;
}

/** Waits until all have ended, so that none is under way on a connection that is given back. @throws the first failure */
async function allOf(running: readonly Promise<unknown>[]): Promise<unknown[]> {
  const ended = await Promise.allSettled(running);
  return ended.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}
