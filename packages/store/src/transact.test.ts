import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '@millrace/runtime';
import { execute } from './connection.ts';
import { openDatabase, type Database } from './database.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './postgres-server/start-embedded-postgres.ts';
import { statement } from './statement.ts';
import { transact } from './transact.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const logger = createLogger({ service: 'test', level: 'silent' });
let dataDir: string;
let server: EmbeddedPostgres;
/** With one connection: one that is not given back is missed at once. */
let database: Database;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
  server = await startEmbeddedPostgres({ dataDir, logger });
  database = await openDatabase({ url: server.url, logger, poolSize: 1 });
  await execute(database, statement`create table numbers (number int primary key)`);
});

afterAll(async () => {
  await database.stop();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(() => execute(database, statement`truncate numbers`));

const numbers = statement<{ number: number }[]>`select number from numbers order by number`;
const insert = (values: readonly number[]) =>
  statement`insert into numbers select unnest(${[...values]}::int[])`;

async function stored(): Promise<readonly number[]> {
  return (await execute(database, numbers)).map(({ number }) => number);
}

/** Inserts the number behind those that there are. */
function insertNext(): Promise<number | undefined> {
  return transact(
    database,
    [
      statement`select pg_advisory_xact_lock(7)`,
      statement<[{ next: number }]>`select count(*)::int + 1 as next from numbers`,
    ],
    (_lock, [{ next }]) => ({ statements: [insert([next])], result: next }),
  );
}

it('hands over what was read, and commits what is written', async () => {
  const count = await transact(database, [numbers], (rows) => ({
    statements: [insert([1, 2]), insert([3])],
    result: rows.length,
  }));
  expect(count).toBe(0);
  expect(await stored()).toEqual([1, 2, 3]);
});

it('takes turns where the first statement takes a lock, and reads behind it', async () => {
  const inserted = await Promise.all(Array.from({ length: 20 }, insertNext));
  expect(inserted.toSorted((a = 0, b = 0) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

it('writes nothing when a statement that reads fails', async () => {
  const write = vi.fn<() => never>();
  await expect(transact(database, [statement`select 1 / 0`, insert([1])], write)).rejects.toThrow(
    'division by zero',
  );
  expect(write).not.toHaveBeenCalled();
  expect(await stored()).toEqual([]);
});

it('writes nothing when what is read is of no use', async () => {
  const refused = new Error('not like this');
  const refuse = vi.fn<() => never>().mockThrow(refused);
  await expect(transact(database, [insert([1])], refuse)).rejects.toThrow('not like this');
  expect(await stored()).toEqual([]);
});

it('writes nothing when one of several statements fails', async () => {
  const writing = transact(database, [numbers], () => ({
    statements: [insert([1]), insert([1]), insert([2])],
    result: 'written',
  }));
  await expect(writing).rejects.toMatchObject({ code: '23505' });
  expect(await stored()).toEqual([]);
});
