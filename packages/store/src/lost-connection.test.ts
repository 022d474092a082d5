import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from './drizzle/sql.ts';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '@millrace/runtime';
import { execute } from './connection.ts';
import { createDatabase } from './create-database.ts';
import { openDatabase, type Database } from './database.ts';
import { inTransaction } from './in-transaction.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './postgres-server/start-embedded-postgres.ts';
import { statement } from './statement.ts';
import { transact } from './transact.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const logger = createLogger({ service: 'test', level: 'silent' });
let dataDir: string;
let url: string;
let server: EmbeddedPostgres;
/** With two connections: those that are lost are missed soon. */
let database: Database;
/** Who ends the others' connections. */
let admin: Database;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
  server = await startEmbeddedPostgres({ dataDir, logger });
  url = await createDatabase(server.url, 'lost');
  database = await openDatabase({ url, logger, poolSize: 2 });
  admin = await openDatabase({ url: server.url, logger, poolSize: 1 });
  await execute(database, statement`create table numbers (number int primary key)`);
});

afterAll(async () => {
  await database.stop();
  await admin.stop();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(() => execute(database, statement`truncate numbers`));

const insert = (number: number) => statement`insert into numbers values (${number}::int)`;
const count = statement<[{ count: number }]>`select count(*)::int as count from numbers`;

/** Waits until a connection sleeps, and ends it. */
async function endSleeper(): Promise<void> {
  await vi.waitFor(async () => {
    const ended = await execute(
      admin,
      statement<
        object[]
      >`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'lost' and wait_event = 'PgSleep'`,
    );
    expect(ended).toHaveLength(1);
  });
}

const sleep = statement`select pg_sleep(60)`;

it.each([
  ['a statement', () => execute(database, sleep)],
  [
    'what a transaction reads',
    () => transact(database, [insert(1), sleep, insert(2)], () => ({ statements: [], result: 1 })),
  ],
  [
    'what a transaction writes',
    () => transact(database, [], () => ({ statements: [insert(1), sleep, insert(2)], result: 1 })),
  ],
  [
    "one of Drizzle's statements in a transaction",
    () =>
      inTransaction(database, async (transaction) => {
        await transaction.execute(sql`insert into numbers values (1)`);
        await transaction.execute(sql`select pg_sleep(60)`);
      }),
  ],
])('says so when the connection is lost in %s, and goes on with another', async (_what, run) => {
  for (let time = 1; time <= 3; time += 1) {
    const [outcome] = await Promise.allSettled([run(), endSleeper()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'database_unavailable' } });
    expect(await execute(database, count)).toEqual([{ count: 0 }]);
  }
});

it('does not wait for ever for a lock that another session holds', async () => {
  const impatient = await openDatabase({ url, logger, poolSize: 1, lockTimeoutMs: 100 });
  await inTransaction(database, async (transaction) => {
    await transaction.execute(sql`lock table numbers`);
    const waiting = transact(impatient, [count], () => ({ statements: [insert(1)], result: 1 }));
    await expect(waiting).rejects.toMatchObject({ code: '55P03' });
  });
  expect(await execute(impatient, count)).toEqual([{ count: 0 }]);
  await impatient.stop();
  await impatient.stop();
});

it('says that the database is away while its server is, and works again when it is back', async () => {
  const busy = execute(database, sleep);
  const stopped = server.kill();
  await expect(busy).rejects.toMatchObject({ code: 'database_unavailable' });
  await stopped;
  for (const run of [
    () => execute(database, count),
    () => transact(database, [count], () => ({ statements: [insert(1)], result: 1 })),
    () => inTransaction(database, (transaction) => transaction.execute(sql`select 1`)),
  ])
    await expect(run()).rejects.toMatchObject({ code: 'database_unavailable' });
  server = await startEmbeddedPostgres({ dataDir, port: Number(new URL(url).port), logger });
  expect(await execute(database, count)).toEqual([{ count: 0 }]);
});
