import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eq, getTableName, sql } from '@millrace/store/sql';
import { subjects } from '@millrace/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlKeys } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { sealContent, watchCancellations } from '@millrace/stage';
import { apiKeys, claims, inTransaction, jobs, ledger, tables, tenants, users } from '@millrace/store';
import { contentStores } from './stores.ts';
import { erase, resumeErasures } from './erase.ts';
import { listErasures } from './erasure-record.ts';
import {
  never,
  openClaim,
  startPersonalDataTest,
  writeOneOfEach,
  type PersonalDataTest,
} from '../personal-data.fixture.ts';

let test: PersonalDataTest;

beforeEach(async () => {
  test = await startPersonalDataTest();
});
afterEach(() => test.stop());

const acme = { tenant: 'acme', user: null };
const anna = { tenant: 'acme', user: 'usr_anna' };
const oneOfEach = { webhooks: 1, jobs: 1, batches: 1, files: 1, kept_answers: 1, training_examples: 1 };

/** Rows of each table with content, by table. */
async function rowsOf(subject: { readonly tenant: string; readonly user: string | null }) {
  const { database } = test.dependencies;
  const counts = contentStores.map(
    async ({ name, table, isOf }) => [name, await database.$count(table, isOf(subject))] as const,
  );
  return Object.fromEntries(await Promise.all(counts));
}

/** Ends requests as the stages do when they are cancelled. */
async function endWhatIsCancelled(): Promise<{ stop(): Promise<void> }> {
  const { database } = test.dependencies;
  return test.elsewhere.bus.bucket('CONTROL').watch(controlKeys.cancellations, ({ key }) => {
    const requestId = key.slice(key.lastIndexOf('.') + 1);
    void database
      .update(claims)
      .set({ closedAt: new Date(), outcome: 'CANCELLED' })
      .where(eq(claims.requestId, requestId))
      .execute();
  });
}

it('erases all that is kept of a tenant and its users, and nothing of another', async () => {
  const { dependencies, elsewhere } = test;
  for (const [tenant, user] of [
    ['acme', null],
    ['acme', 'usr_anna'],
    ['other', null],
  ] as const)
    await writeOneOfEach(dependencies, tenant, user);
  const { bus } = dependencies;
  for (const tenant of ['acme', 'other'])
    for (const subject of [
      subjects.intake(tenant, 'orders'),
      subjects.intake(tenant, 'orders', 1),
      subjects.answer(tenant, 'orders', 'request'),
    ])
      await bus.publish({ subject, payload: Buffer.from('content') });
  const sealed = (await elsewhere.sealing.forUser('acme', 'usr_anna')).seal(Buffer.from('x'), 'c');

  const report = await erase(dependencies, acme, never);
  expect(report.removed).toEqual({
    webhooks: 2,
    jobs: 2,
    batches: 2,
    files: 2,
    kept_answers: 2,
    training_examples: 2,
    api_keys: 3,
    data_keys: 2,
    requests_cancelled: 0,
    requests_left: 0,
    queued_requests: 2,
    queue_answers: 1,
  });
  expect(await bus.subjectsOf('INTAKE', 'mr.intake.>')).toEqual(
    new Map([
      [subjects.intake('other', 'orders'), 1],
      [subjects.intake('other', 'orders', 1), 1],
    ]),
  );
  expect([...(await bus.subjectsOf('ANSWERS', 'mr.answers.>')).keys()]).toEqual([
    subjects.answer('other', 'orders', 'request'),
  ]);
  expect(Object.values(await rowsOf(acme)).every((count) => count === 0)).toBe(true);
  expect(await rowsOf({ tenant: 'other', user: null })).toEqual(oneOfEach);
  expect(await dependencies.database.$count(tables.filePieces)).toBe(1);
  expect(await dependencies.database.$count(tables.batchLines)).toBe(1);
  await expect(
    elsewhere.sealing.forUser('acme', 'usr_anna').then((box) => box.open(sealed, 'c')),
  ).rejects.toMatchObject({
    code: 'key_erased',
  });
  expect(await dependencies.database.$count(ledger, eq(ledger.tenant, 'acme'))).toBe(2);
  expect(report.remains.map(({ store }) => store)).toEqual(
    expect.arrayContaining(['AUDIT', 'ledger', 'CLOSED']),
  );
  const results = report.remains.find(({ store }) => store === 'RESULTS');
  expect(results?.until).toBe(report.completedAt + 15 * 60_000);
});

it('shuts a tenant out before anything else: it is suspended, and its keys are revoked everywhere', async () => {
  const { dependencies, elsewhere } = test;
  await erase(dependencies, acme, never);
  const [row] = await dependencies.database.select().from(tenants).where(eq(tenants.id, 'acme'));
  expect(row).toMatchObject({ name: 'erased', suspendedAt: expect.any(Date) });
  const keys = await dependencies.database.select().from(apiKeys).where(eq(apiKeys.tenant, 'acme'));
  for (const { id, name, revokedAt } of keys) {
    expect([name, revokedAt]).toEqual([id, expect.any(Date)]);
    expect(await elsewhere.bus.bucket('CONTROL').get(controlKeys.revocation(id))).toBeDefined();
  }
});

it('cancels what is under way and waits for its end', async () => {
  const { dependencies, elsewhere } = test;
  const requests = [
    await openClaim(dependencies, 'acme', null),
    await openClaim(dependencies, 'acme', 'usr_anna'),
  ];
  const others = await openClaim(dependencies, 'other', null);
  const ending = await endWhatIsCancelled();
  const cancellations = await watchCancellations(elsewhere);
  const { removed } = await erase(dependencies, acme, never);
  expect(removed).toMatchObject({ requests_cancelled: 2, requests_left: 0 });
  expect(requests.map((id) => cancellations.get(id)?.tenant)).toEqual(['acme', 'acme']);
  expect(cancellations.get(others)).toBeUndefined();
  await cancellations.stop();
  await ending.stop();
});

it('erases one user: rows, name and what streams hold of it, and nothing of the others', async () => {
  const { dependencies, elsewhere } = test;
  for (const user of [null, 'usr_anna', 'usr_bert']) await writeOneOfEach(dependencies, 'acme', user);
  const sealedFor = async (user: string | null) =>
    sealContent(await dependencies.sealing.forUser('acme', user), 'request', 'chunk', {
      text: 'x',
      tokens: [],
    });
  const [own, berts, tenants_] = [
    await sealedFor('usr_anna'),
    await sealedFor('usr_bert'),
    await sealedFor(null),
  ];

  const { removed } = await erase(dependencies, anna, never);
  expect(removed).toMatchObject({ ...oneOfEach, data_keys: 1, api_keys: 1 });
  expect(await rowsOf({ tenant: 'acme', user: 'usr_bert' })).toEqual(oneOfEach);
  const open = async (user: string | null, sealed: Uint8Array) =>
    (await elsewhere.sealing.forUser('acme', user)).open(sealed, 'request:chunk');
  await expect(open('usr_anna', own)).rejects.toMatchObject({ code: 'key_erased' });
  await expect(open('usr_bert', berts)).resolves.toBeDefined();
  await expect(open(null, tenants_)).resolves.toBeDefined();
  const rows = await dependencies.database.select().from(users);
  expect(rows.find(({ id }) => id === 'usr_anna')).toMatchObject({
    subject: null,
    issuer: null,
    disabledAt: expect.any(Date),
  });
  expect(rows.find(({ id }) => id === 'usr_bert')).toMatchObject({ subject: 'usr_bert', disabledAt: null });
});

it('finishes what was cut off, each thing counted once, and finds nothing the next time', async () => {
  const { dependencies } = test;
  for (const user of [null, 'usr_anna']) await writeOneOfEach(dependencies, 'acme', user);
  const cut = new AbortController();
  const { sealing } = dependencies;
  const killed = {
    ...dependencies,
    sealing: {
      ...sealing,
      async eraseTenant(tenant: string) {
        const count = await sealing.eraseTenant(tenant);
        cut.abort(new Error('killed'));
        return count;
      },
    },
  };
  await expect(erase(killed, acme, cut.signal)).rejects.toThrow('killed');
  expect(await rowsOf(acme)).toMatchObject({ jobs: 2 });
  const [report, ...more] = await resumeErasures(dependencies, never);
  expect(more).toEqual([]);
  expect(report?.removed).toMatchObject({ jobs: 2, files: 2, api_keys: 3, data_keys: 2 });
  expect(await resumeErasures(dependencies, never)).toEqual([]);
  const again = await erase(dependencies, acme, never);
  expect(again.removed).toMatchObject({ jobs: 0, files: 0, data_keys: 0 });
  expect((await listErasures(dependencies.database, 'acme')).map(({ id }) => id)).toEqual([
    again.id,
    report?.id,
  ]);
});

it('refuses a tenant that is not there', async () => {
  await expect(erase(test.dependencies, { tenant: 'nobody', user: null }, never)).rejects.toMatchObject({
    code: 'request_not_found',
    param: 'tenant',
  });
});

describe('an erasure whose process is killed', () => {
  /** Where it is killed: what it waits for then, behind the steps that are done. */
  const places = [
    { step: 'shut_out', locked: apiKeys, done: [] },
    { step: 'remove', locked: jobs, done: ['shut_out', 'stop_requests', 'shred', 'purge_queues'] },
  ];

  it.each(places)('in $step is gone on with, ends once, and counts all', async ({ locked, done }) => {
    const { dependencies, elsewhere, databaseUrl, nats, masterKey } = test;
    const { database } = dependencies;
    for (const [tenant, user] of [
      ['acme', null],
      ['acme', 'usr_anna'],
      ['other', null],
    ] as const)
      await writeOneOfEach(dependencies, tenant, user);
    const sealed = (await elsewhere.sealing.forTenant('acme')).seal(Buffer.from('x'), 'c');
    const key = Buffer.from(masterKey).toString('hex');
    const script = fileURLToPath(new URL('erasing-child.fixture.ts', import.meta.url));
    await inTransaction(database, async (transaction) => {
      await transaction.execute(sql`lock table ${locked} in share mode`);
      const child = fork(script, [databaseUrl, nats.url, key, 'acme'], { stdio: 'ignore' });
      const exited = once(child, 'exit');
      const waiting = sql`select 1 from pg_locks where not granted and relation = ${getTableName(locked)}::regclass`;
      await expect
        .poll(async () => (await database.execute(waiting)).rows.length, { timeout: 60_000 })
        .toBeGreaterThan(0);
      child.kill('SIGKILL');
      expect(await exited).toEqual([null, 'SIGKILL']);
    });
    expect(await listErasures(database, 'acme')).toMatchObject([{ completedAt: null, steps: done }]);

    const [reports, others] = await Promise.all(
      [dependencies, { ...elsewhere, database, nextId: dependencies.nextId }].map((each) =>
        resumeErasures(each, never),
      ),
    );
    expect(new Set([...(reports ?? []), ...(others ?? [])].map(({ id }) => id)).size).toBe(1);
    const rows = await listErasures(database, 'acme');
    expect(rows).toMatchObject([
      {
        completedAt: expect.any(Date) as Date,
        removed: Object.fromEntries(Object.keys(oneOfEach).map((store) => [store, 2])),
      },
    ]);
    expect(rows[0]?.steps.toSorted()).toEqual([
      'purge_queues',
      'purge_queues_again',
      'remove',
      'remove_again',
      'remove_names',
      'shred',
      'shred_again',
      'shut_out',
      'stop_requests',
    ]);
    expect(await rowsOf(acme)).toEqual(Object.fromEntries(Object.keys(oneOfEach).map((store) => [store, 0])));
    expect(await rowsOf({ tenant: 'other', user: null })).toEqual(oneOfEach);
    const isReadable = async (): Promise<boolean> => {
      try {
        (await elsewhere.sealing.forTenant('acme')).open(sealed, 'c');
        return true;
      } catch (error) {
        if (error instanceof MillraceError && error.code === 'key_erased') return false;
        throw error;
      }
    };
    await expect.poll(isReadable, { timeout: 30_000 }).toBe(false);
    expect(await resumeErasures(dependencies, never)).toEqual([]);
  });
});
