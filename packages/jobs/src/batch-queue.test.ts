import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '@millrace/store';
import { createBatchQueue } from './batch-queue.ts';
import { createBatchStore } from './batch-store.ts';
import { principal, startJobsTest, tenant, type JobsTest } from './jobs.fixture.ts';

let test: JobsTest;

beforeAll(async () => {
  test = await startJobsTest();
});

afterAll(() => test.stop());

async function create(owner: string): Promise<string> {
  const store = createBatchStore(test.dependencies);
  const { batch } = await inTransaction(test.dependencies.database, (transaction) =>
    store.create(transaction, {
      principal: { ...principal, tenant: owner },
      endpoint: '/v1/generate',
      priority: 'LOW',
      inputFileId: `file-${'0'.repeat(32)}`,
      completionWindow: '24h',
      windowMs: 3_600_000,
      details: { outputRetentionMs: 1_000 },
    }),
  );
  return batch.id;
}

it('leaves the batches of a tenant that has enough at work, and takes that of another', async () => {
  const ids = [await create(tenant), await create(tenant), await create('other')];
  const queue = createBatchQueue(test.dependencies, 'runner', 60_000);
  expect((await queue.take([]))?.batch.id).toBe(ids[0]);
  expect((await queue.take([tenant]))?.batch.id).toBe(ids[2]);
  expect(await queue.take([tenant])).toBeUndefined();
  expect((await queue.take([]))?.batch.id).toBe(ids[1]);
});
