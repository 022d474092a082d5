import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from './drizzle/sql.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '@millrace/runtime';
import { createDatabase } from './create-database.ts';
import { openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './postgres-server/start-embedded-postgres.ts';
import { ledger, tenants } from './schema/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

const row = (entryNumber: number) => ({
  entryId: crypto.randomUUID(),
  entryNumber,
  requestId: '01890000-0000-7000-8000-000000000001',
  tenant: 'acme',
  model: 'm',
  outcome: 'completed',
  inputTokens: 1,
  cachedInputTokens: 0,
  outputTokens: 1,
  amount: '0.0000000001',
  currency: 'USD',
  closedAt: new Date(0),
  chargedAt: new Date(0),
});

describe('store', () => {
  let dataDir: string;
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
    server = await startEmbeddedPostgres({ dataDir, logger });
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('migrates once, also when several processes start together', async () => {
    const url = await createDatabase(server.url, 'migrated');
    const databases = await Promise.all([1, 2, 3].map(() => openDatabase({ url, logger })));
    await Promise.all(databases.map((database) => migrate(database)));
    const [first] = databases;
    await first?.insert(tenants).values({ id: 'acme', name: 'Acme' });
    expect(await first?.select({ id: tenants.id, organisation: tenants.organisation }).from(tenants)).toEqual(
      [{ id: 'acme', organisation: 'default' }],
    );
    await Promise.all(databases.map((database) => database.stop()));
  });

  it('refuses a second ledger row for a request', async () => {
    const url = await createDatabase(server.url, 'unique_requests');
    const database = await openDatabase({ url, logger });
    await migrate(database);
    await database.insert(ledger).values(row(1));
    await expect(database.insert(ledger).values(row(2))).rejects.toMatchObject({ cause: { code: '23505' } });
    expect(await database.select({ amount: ledger.amount }).from(ledger)).toEqual([
      { amount: '0.0000000001' },
    ]);
    await database.stop();
  });

  it('keeps its data over a restart of the server', async () => {
    const url = await createDatabase(server.url, 'kept');
    const before = await openDatabase({ url, logger });
    await before.execute(sql`create table kept as select 42 as answer`);
    await before.stop();
    await server.stop();
    server = await startEmbeddedPostgres({ dataDir, logger });
    const after = await openDatabase({ url: server.url.replace(/postgres$/, 'kept'), logger });
    expect((await after.execute(sql`select answer from kept`)).rows).toEqual([{ answer: 42 }]);
    await after.stop();
  });

  it('names the place of a database that cannot be used, and never its password', async () => {
    const refused = await openDatabase({
      url: 'postgres://me:hunter2@127.0.0.1:1/x',
      logger,
      waitMs: 50,
    }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('127.0.0.1:1/x'),
    });
    expect(String(refused)).not.toContain('hunter2');
  });
});
