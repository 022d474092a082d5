import { eq } from '@millrace/store/sql';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { apiKeys, inTransaction, jobs, users, webhookDeliveries } from '@millrace/store';
import type { Job } from './job.ts';
import { createJobQueue } from './job-queue.ts';
import { createJobStore, type NewJob } from './job-store.ts';
import { principal, startJobsTest, type JobsTest } from './jobs.fixture.ts';
import { removeOld } from './remove-old.ts';
import { settleDelivery, takeDelivery } from './webhook-store.ts';

let test: JobsTest;

beforeAll(async () => {
  test = await startJobsTest();
});

afterAll(() => test.stop());

beforeEach(async () => {
  await test.dependencies.database.delete(jobs);
  await test.dependencies.database.delete(webhookDeliveries);
});

const leaseMs = 60_000;
const queueOf = (runner: string, ms = leaseMs) => createJobQueue(test.dependencies, 'job', runner, ms);
const limits = { leaseMs, perTenant: 4 };
const never = new AbortController().signal;

function create(changes: Partial<NewJob> = {}): Promise<Job> {
  const store = createJobStore(test.dependencies);
  return inTransaction(test.dependencies.database, (transaction) =>
    store.create(transaction, {
      kind: 'job',
      principal,
      endpoint: '/v1/generate',
      priority: 'NORMAL',
      request: { body: { prompt: 'secret words' } },
      lifetimeMs: 3_600_000,
      retentionMs: 1_000,
      ...changes,
    }),
  );
}

const find = (id: string) => createJobStore(test.dependencies).find(principal, 'job', id);

it('belongs to one runner at a time, and to another once its lease has run out', async () => {
  const { id } = await create();
  const gone = queueOf('gone', 0);
  expect((await gone.take([]))?.job).toMatchObject({ id, status: 'running', attempt: 1 });
  const taken = await queueOf('next').take([]);
  expect(taken?.job.id).toBe(id);
  expect(await queueOf('third').take([])).toBeUndefined();
  expect(await gone.keep([id])).toEqual({ kept: [], cancelled: [] });
  expect(await gone.started(id, crypto.randomUUID())).toBeUndefined();
  if (taken === undefined) throw new Error('nothing was taken');
  expect(await gone.end(taken, { status: 'failed' })).toBeUndefined();
  const answer = { text: 'done' };
  await queueOf('next').end(taken, { status: 'completed', result: { answer }, outputTokens: 3 });
  expect(await find(id)).toMatchObject({
    job: { status: 'completed', outputTokens: 3 },
    result: { answer },
  });
});

it('is handed back where it stands when its runner stops', async () => {
  const { id } = await create();
  const queue = queueOf('stops');
  await queue.take([]);
  await queue.started(id, '01890000-0000-7000-8000-000000000001');
  await queue.release();
  expect((await queueOf('next').take([]))?.job).toMatchObject({
    id,
    attempt: 1,
    requestId: '01890000-0000-7000-8000-000000000001',
  });
});

it('goes first by its priority, then by its age, and waits where its tenant has enough', async () => {
  const low = await create({ priority: 'LOW' });
  const first = await create();
  const second = await create();
  const high = await create({ priority: 'HIGH' });
  const other = await create({ principal: { ...principal, tenant: 'other' } });
  const queue = queueOf('runner');
  expect((await queue.take([principal.tenant]))?.job.id).toBe(other.id);
  expect(await queue.take([principal.tenant])).toBeUndefined();
  for (const { id } of [high, first, second, low]) expect((await queue.take([]))?.job.id).toBe(id);
});

it('is tried again not before its time, as another attempt where the last one is over', async () => {
  const { clock } = test.dependencies;
  const { id } = await create();
  const queue = queueOf('runner');
  await queue.take([]);
  await queue.postpone(id, { notBefore: clock.now() + 10_000, isAttemptOver: true, isFailure: true });
  expect(await queue.take([])).toBeUndefined();
  await clock.advance(10_000);
  expect((await queue.take([]))?.job).toMatchObject({ id, attempt: 2, failures: 1 });
});

it('says when its owner wants it stopped, and when its API key was revoked', async () => {
  const { database } = test.dependencies;
  const { id } = await create();
  const queue = queueOf('runner');
  expect((await queue.take([]))?.isKeyValid).toBe(true);
  await createJobStore(test.dependencies).cancel(principal, 'job', id);
  expect(await queue.keep([id])).toEqual({ kept: [id], cancelled: [id] });
  await queue.release();
  await database.update(apiKeys).set({ revokedAt: new Date() }).where(eq(apiKeys.id, principal.key_id));
  expect(await queue.take([])).toMatchObject({ isKeyValid: false, job: { isCancelRequested: true } });
  await database.update(apiKeys).set({ revokedAt: null });
});

it('leaves nothing of its content in the clear, and is forgotten after its retention', async () => {
  const { database, clock } = test.dependencies;
  const { id } = await create();
  const [row] = await database.select().from(jobs).where(eq(jobs.id, id));
  expect(Buffer.from(row?.request ?? []).toString('latin1')).not.toContain('secret words');
  await createJobStore(test.dependencies).cancel(principal, 'job', id);
  await removeOld(test.dependencies, never);
  expect(await find(id)).toMatchObject({ job: { status: 'cancelled' } });
  await clock.advance(1_001);
  await removeOld(test.dependencies, never);
  expect(await find(id)).toBeUndefined();
});

it('is delivered beside those of others, of whom no more are under way than may be', async () => {
  const webhook = { url: 'https://example.com/hook', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
  const end = async (changes: Partial<NewJob> = {}) => {
    const { id } = await create({ request: { body: {}, webhook }, ...changes });
    await createJobStore(test.dependencies).cancel(changes.principal ?? principal, 'job', id);
  };
  await end();
  await end();
  await end();
  const few = { leaseMs, perTenant: 2 };
  const taken = [
    await takeDelivery(test.dependencies, 'one', few),
    await takeDelivery(test.dependencies, 'two', few),
  ];
  expect(taken.map((delivery) => delivery?.attempt)).toEqual([1, 1]);
  expect(await takeDelivery(test.dependencies, 'one', few)).toBeUndefined();
  await end({ principal: { ...principal, tenant: 'other' } });
  expect(await takeDelivery(test.dependencies, 'one', few)).toMatchObject({ attempt: 1 });
});

it('has its webhook written with its end, delivered by one runner at a time, again after a pause', async () => {
  const { clock } = test.dependencies;
  const webhook = { url: 'https://example.com/hook', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
  const { id } = await create({ request: { body: {}, webhook } });
  await createJobStore(test.dependencies).cancel(principal, 'job', id);
  const first = await takeDelivery(test.dependencies, 'one', limits);
  expect(first).toMatchObject({
    target: webhook,
    attempt: 1,
    payload: { type: 'job.cancelled', data: { id, status: 'cancelled' } },
  });
  expect(await takeDelivery(test.dependencies, 'two', limits)).toBeUndefined();
  if (first === undefined) throw new Error('nothing was taken');
  await settleDelivery(test.dependencies, first, 'one', { nextAt: clock.now() + 5_000 }, '500');
  expect(await takeDelivery(test.dependencies, 'two', limits)).toBeUndefined();
  await clock.advance(5_000);
  const second = await takeDelivery(test.dependencies, 'two', limits);
  expect(second).toMatchObject({ id: first.id, attempt: 2 });
  await settleDelivery(test.dependencies, second ?? first, 'two', 'delivered', '204');
  expect(await takeDelivery(test.dependencies, 'two', limits)).toBeUndefined();
});

it('is good for as long as its user may get in, where it was made with a token of an identity provider', async () => {
  const { database } = test.dependencies;
  const id = 'usr_01890000000070008000000000000001';
  await database.insert(users).values({ id, organisation: 'default', kind: 'person' }).onConflictDoNothing();
  const owner = { ...principal, key_id: id.replace('usr_', 'sso_'), user_id: id, allowed_models: ['small'] };
  await create({ principal: owner });
  const taken = await queueOf('first', 0).take([]);
  expect(taken).toMatchObject({ isKeyValid: true, job: { principal: owner } });
  await database.update(users).set({ disabledAt: new Date() }).where(eq(users.id, id));
  expect(await queueOf('second').take([])).toMatchObject({ isKeyValid: false });
  await database.delete(jobs);
  await create({ principal: { ...owner, key_id: 'sso_of_someone_else' } });
  expect(await queueOf('third').take([])).toMatchObject({ isKeyValid: false });
});
