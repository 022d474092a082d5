import type { ISql } from 'postgres';
import type { Database } from './database.ts';

/** Makes statements, as a tag of template strings. Lists are parameters: then a statement has one text, and so one plan. */
export type Sql = ISql;

/** A statement, sent when it is executed. */
export interface Statement<Found> {
  execute(): PromiseLike<Found>;
}

type FoundBy<Statements> = {
  readonly [Index in keyof Statements]: Statements[Index] extends Statement<infer Found> ? Found : never;
};

/** What a transaction writes, and what comes of it. */
export interface Writing<Result> {
  readonly statements: readonly Statement<unknown>[];
  readonly result: Result;
}

/**
 * A transaction that waits for the database twice: what is read is sent along with `begin`, what is written along with `commit`.
 * Its statements are prepared once for each connection and run in the order given. With Drizzle, which does neither, each statement
 * of a transaction waits twice.
 */
export async function transact<const Reading extends readonly Statement<unknown>[], Result>(
  { $client }: Database,
  read: (sql: Sql) => Reading,
  write: (sql: Sql, found: FoundBy<Reading>) => Writing<Result> | Promise<Writing<Result>>,
): Promise<Result> {
  const connection = await $client.reserve();
  let isOpen = true;
  try {
    const [, ...found] = await all([connection`begin`, ...read(connection)]);
    const { statements, result } = await write(connection, found as FoundBy<Reading>);
    // What has failed cannot be committed: then the server rolls back.
    isOpen = false;
    await all([...statements, connection`commit`]);
    return result;
  } finally {
    if (isOpen) await connection`rollback`.catch(() => undefined);
    connection.release();
  }
}

/** Sends all, waits for all, and throws the first error. */
async function all(statements: readonly Statement<unknown>[]): Promise<readonly unknown[]> {
  const outcomes = await Promise.allSettled(statements.map((statement) => statement.execute()));
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
