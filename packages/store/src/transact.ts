import type { ISql, ReservedSql } from 'postgres';
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
 *
 * @param write decides at once: a connection that is lost while nothing is on its way would not be noticed
 */
export async function transact<const Reading extends readonly Statement<unknown>[], Result>(
  { $client }: Database,
  read: (sql: Sql) => Reading,
  write: (sql: Sql, found: FoundBy<Reading>) => Writing<Result>,
): Promise<Result> {
  const connection = await $client.reserve();
  const begun = await settle([connection`begin`, ...read(connection)]);
  let writing: Writing<Result>;
  try {
    writing = write(connection, valuesOf(begun).slice(1) as FoundBy<Reading>);
  } catch (error) {
    giveBack(connection, [...begun, ...(isLost(begun) ? [] : await settle([connection`rollback`]))]);
    throw error;
  }
  // What has failed cannot be committed: then the server rolls back.
  const ended = await settle([...writing.statements, connection`commit`]);
  giveBack(connection, ended);
  valuesOf(ended);
  return writing.result;
}

type Outcome = PromiseSettledResult<unknown>;

/** Sends all and waits for all. */
function settle(statements: readonly Statement<unknown>[]): Promise<readonly Outcome[]> {
  return Promise.allSettled(statements.map((statement) => statement.execute()));
}

/** @throws the first error */
function valuesOf(outcomes: readonly Outcome[]): readonly unknown[] {
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** The client has taken a lost connection back itself; one that is given back a second time would be used as if it were open. */
function giveBack(connection: ReservedSql, outcomes: readonly Outcome[]): void {
  if (!isLost(outcomes)) connection.release();
}

function isLost(outcomes: readonly Outcome[]): boolean {
  return outcomes.some((outcome) => outcome.status === 'rejected' && endsConnection(outcome.reason));
}

/** Errors of the client and of the socket, and those with which the server takes its leave. */
function endsConnection(reason: unknown): boolean {
  const { code, severity } = reason as { readonly code?: unknown; readonly severity?: unknown };
  if (severity === 'FATAL' || severity === 'PANIC') return true;
  return typeof code === 'string' && /^(?:CONNECTION_[A-Z]+|E[A-Z]+)$/u.test(code);
}
