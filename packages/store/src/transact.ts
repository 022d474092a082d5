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
 * A transaction that waits for the database four times, however many statements it has: for `begin`, for all that is read, for all
 * that is written, for `commit`. Its statements are prepared once for each connection and run in the order given. With Drizzle,
 * which does neither, each statement waits twice.
 */
export async function transact<const Reading extends readonly Statement<unknown>[], Result>(
  { $client }: Database,
  read: (sql: Sql) => Reading,
  write: (sql: Sql, found: FoundBy<Reading>) => Writing<Result>,
): Promise<Result> {
  const transacted = await $client.begin(async (sql) => {
    const found = await Promise.all(read(sql).map((statement) => statement.execute()));
    const { statements, result } = write(sql, found as FoundBy<Reading>);
    await Promise.all(statements.map((statement) => statement.execute()));
    return { result };
  });
  return transacted.result;
}
