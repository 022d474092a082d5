import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { subjects, type WorkerDescribed } from '@millrace/contracts';
import { describedWorker } from '@millrace/relay/testing';
import { compileValidator } from '@millrace/runtime';
import { startTestNats } from '@millrace/testkit';
import { engineSchema } from './engine-schema.ts';
import { startIngressTest, type IngressTest } from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let ingress: IngressTest;

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
});

afterAll(() => ingress.stop());

/** Answers as these workers until the test has ended. */
async function withWorkers(workers: readonly WorkerDescribed[], run: () => Promise<void>): Promise<void> {
  const { bus, codec } = ingress.stage;
  const answering = await bus.subscribe(subjects.workerAsked, ({ payload }) => {
    const { question } = codec.decode('worker.asked', payload);
    const subject = subjects.workerDescribed(question);
    for (const worker of workers)
      bus.publishCore({ subject, payload: codec.encode('worker.described', worker) });
  });
  try {
    // What the broker answers is behind the subscription.
    await bus.streamState('SCRUBBED');
    await run();
  } finally {
    await answering.stop();
  }
}

function get(apiKey: string, path = '/v1/engine'): Promise<Response> {
  return fetch(`${ingress.url}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
}

test('every worker is shown with its slots, caches and models, and what waits for them', async () => {
  const client = ingress.client();
  const stuck = describedWorker({ worker: 'w-2', problem: 'the engine makes no progress' });
  await withWorkers([stuck, describedWorker()], async () => {
    const response = await get(client.apiKey);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const answer: unknown = await response.json();
    compileValidator(engineSchema)(answer);
    expect(answer).toMatchObject({
      queue: { received: 0, admitted: 0, scrubbed: 0 },
      workers: [
        {
          worker: 'w-1',
          at: '2026-01-01T00:00:00.000Z',
          ready: true,
          problem: null,
          slots: { total: 4, used: 1, free: 3, waiting: 0 },
          prefix_cache: { hit_tokens: 64 },
          models: [{ name: 'test-model', operations: ['generate', 'embed'] }],
        },
        { worker: 'w-2', ready: false, problem: 'the engine makes no progress' },
      ],
    });
  });
});

test('without a worker that answers it is unavailable, and says so', async () => {
  const response = await get(ingress.client().apiKey);
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('2');
  expect(await response.json()).toMatchObject({
    error: { code: 'unavailable', message: 'No worker answered within 1 s.' },
  });
});

test('only who has an API key may ask, and only with GET', async () => {
  const response = await get('wrong');
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  const posted = await ingress.client().post({}, { path: '/v1/engine' });
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
});
