import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataPolicies, inTransaction } from '@millrace/store';
import type { GatewayPrincipal } from '@millrace/relay';
import { createFileStore } from './file-store.ts';
import { createJobQueue } from './job-queue.ts';
import { createJobStore } from './job-store.ts';
import { principal, startJobsTest, tenant, type JobsTest } from './jobs.fixture.ts';
import { removeOld } from './remove-old.ts';

let test: JobsTest;
const other: GatewayPrincipal = { ...principal, tenant: 'other' };
const dayMs = 24 * 60 * 60_000;
const hourMs = 60 * 60_000;

beforeAll(async () => {
  test = await startJobsTest();
});
afterAll(() => test.stop());

async function setPolicy(changes: Partial<typeof dataPolicies.$inferInsert>): Promise<void> {
  const { database } = test.dependencies;
  await database.delete(dataPolicies);
  await database.insert(dataPolicies).values({ tenant, updatedAt: new Date(), ...changes });
}

/** A job that has ended, and a file, each kept for 30 days unless something says less. */
async function keepBoth(owner: GatewayPrincipal) {
  const { dependencies } = test;
  const { database } = dependencies;
  const store = createJobStore(dependencies);
  const { id } = await inTransaction(database, (transaction) =>
    store.create(transaction, {
      kind: 'job',
      principal: owner,
      endpoint: '/v1/generate',
      priority: 'NORMAL',
      request: { body: {} },
      lifetimeMs: dayMs,
      retentionMs: 30 * dayMs,
    }),
  );
  const queue = createJobQueue(dependencies, 'job', 'runner', 60_000);
  const taken = await queue.take([]);
  if (taken === undefined) throw new Error('there was no job');
  const job = await queue.end(taken, { status: 'completed', result: { answer: {} } });
  const writer = await createFileStore(dependencies).create({
    principal: owner,
    purpose: 'batch_output',
    name: 'a',
    retentionMs: 30 * dayMs,
  });
  await writer.write(Buffer.from('x'));
  await writer.flush();
  const file = await inTransaction(database, (transaction) => writer.complete(transaction));
  const now = dependencies.clock.now();
  return { id, fileId: file.id, jobMs: (job?.removeAt ?? 0) - now, fileMs: file.expiresAt - now };
}

it('keeps no longer than the policy of the tenant says, and as asked where there is none', async () => {
  await setPolicy({ jobsMs: 2 * dayMs, filesMs: 3 * dayMs });
  expect(await keepBoth(principal)).toMatchObject({ jobMs: 2 * dayMs, fileMs: 3 * dayMs });
  expect(await keepBoth(other)).toMatchObject({ jobMs: 30 * dayMs, fileMs: 30 * dayMs });
  await setPolicy({ jobsMs: 40 * dayMs });
  expect(await keepBoth(principal)).toMatchObject({ jobMs: 30 * dayMs, fileMs: 30 * dayMs });
});

it('forgets what is delivered where nothing is kept, and what is not within an hour', async () => {
  const { dependencies } = test;
  const [jobs, files] = [createJobStore(dependencies), createFileStore(dependencies)];
  await setPolicy({ zeroRetention: true });
  const kept = await keepBoth(principal);
  expect(kept).toMatchObject({ jobMs: hourMs, fileMs: hourMs });
  await jobs.delivered(principal, 'job', kept.id);
  await files.delivered(principal, kept.fileId);
  expect(await jobs.find(principal, 'job', kept.id)).toBeUndefined();
  expect(await files.find(principal, kept.fileId)).toBeUndefined();

  const late = await keepBoth(principal);
  await dependencies.clock.advance(hourMs + 1);
  await removeOld(dependencies, new AbortController().signal);
  expect(await jobs.find(principal, 'job', late.id)).toBeUndefined();
  expect(await files.find(principal, late.fileId)).toBeUndefined();
});

it('leaves what is delivered where a tenant keeps it', async () => {
  const { dependencies } = test;
  await setPolicy({});
  const kept = await keepBoth(principal);
  await createJobStore(dependencies).delivered(principal, 'job', kept.id);
  await createFileStore(dependencies).delivered(principal, kept.fileId);
  expect(await createJobStore(dependencies).find(principal, 'job', kept.id)).toBeDefined();
  expect(await createFileStore(dependencies).find(principal, kept.fileId)).toBeDefined();
});

it('keeps a job of another tenant whatever is said to be delivered', async () => {
  await setPolicy({ zeroRetention: true });
  const kept = await keepBoth(principal);
  await createJobStore(test.dependencies).delivered(other, 'job', kept.id);
  expect(await createJobStore(test.dependencies).find(principal, 'job', kept.id)).toBeDefined();
});
