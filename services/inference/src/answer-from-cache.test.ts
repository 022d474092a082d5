import { afterAll, beforeAll, expect, it } from 'vitest';
import { cancelRequest, openResultLog, resultRecord, sealContent } from '@millrace/stage';
import { startWorkerTest, type WorkerTest } from './worker.fixture.ts';

let test: WorkerTest;
beforeAll(async () => {
  test = await startWorkerTest();
}, 60_000);
afterAll(() => test.stop());

const short = { parameters: { max_tokens: 3 } } as const;

it('gives the same records as the first time, without a place and without the engine', async () => {
  const { handle, step, engine } = await test.startWorker();
  const first = await test.request(short);
  const generated = handle(first);
  for (let count = 0; count < 3; count += 1) await step();
  await generated;
  // Something else has the only place from now on.
  const long = await test.request();
  const running = handle(long);
  await step();
  const { tenant } = first.event;
  const again = await test.request({ ...short, tenant, characters_in: 7 });
  await handle(again);
  const textOf = async (event: typeof first.event): Promise<string> =>
    (await test.recordsOf(event)).map(({ content }) => content?.text ?? '').join('');
  expect(await textOf(again.event)).toBe(await textOf(first.event));
  const hit = { kind: 'EXACT', similarity: 1, request_id: first.event.request_id };
  const records = await test.recordsOf(again.event);
  expect(records.map(({ kind, attempt, cache }) => ({ kind, attempt, cache }))).toEqual([
    { kind: 'ATTEMPT', attempt: 1, cache: hit },
    { kind: 'CHUNK', attempt: 1, cache: null },
    { kind: 'FINISHED', attempt: 1, cache: null },
  ]);
  const [before, after] = [await test.closingOf(first.event), await test.closingOf(again.event)];
  expect(after).toMatchObject({
    outcome: 'COMPLETED',
    finish_reason: before?.finish_reason,
    usage: { ...before?.usage, characters_in: 7 },
    cache: hit,
    timings: { prefill_ms: 0 },
  });
  expect(before?.cache).toBeNull();
  expect(after?.trail.at(-1)?.facts).toMatchObject({ cache: 'exact', cached_from: first.event.request_id });
  expect(engine.running).toBe(1);
  long.stopping.abort();
  await step();
  await expect(running).rejects.toThrow('another one goes on');
});

it('gives all choices again, each with its end', async () => {
  const { handle, step } = await test.startWorker();
  const wanted = { parameters: { max_tokens: 1, n: 2 } } as const;
  const first = await test.request(wanted);
  const generated = handle(first);
  await step();
  await step();
  await generated;
  const again = await test.request({ ...wanted, tenant: first.event.tenant });
  await handle(again);
  const records = await test.recordsOf(again.event);
  expect(records.map(({ kind, choice }) => [kind, choice])).toEqual([
    ['ATTEMPT', 0],
    ['ATTEMPT', 1],
    ['CHUNK', 0],
    ['CHUNK', 1],
    ['FINISHED', 0],
  ]);
  const chunksOf = async (event: typeof first.event) =>
    (await test.recordsOf(event))
      .filter(({ kind }) => kind === 'CHUNK')
      .map(({ choice, content }) => [choice, content?.tokens.length, content?.finish_reason]);
  expect(await chunksOf(again.event)).toEqual([
    [0, 1, 'length'],
    [1, 1, 'length'],
  ]);
});

it('lets the same request wait for the first, and generates it where the first is cancelled', async () => {
  const { handle, step, engine, cancellations } = await test.startWorker();
  const first = await test.request(short);
  const { tenant } = first.event;
  const generated = handle(first);
  await step();
  const second = await test.request({ ...short, tenant });
  const following = handle(second);
  await cancelRequest(test.dependencies, first.event, 'client');
  await expect.poll(() => cancellations.get(first.event.request_id)).toBeDefined();
  await step();
  await generated;
  for (let count = 0; count < 3; count += 1) await step();
  await following;
  expect(await test.closingOf(first.event)).toMatchObject({ outcome: 'CANCELLED' });
  expect(await test.closingOf(second.event)).toMatchObject({
    outcome: 'COMPLETED',
    usage: { output_tokens: 3 },
    cache: null,
  });
  expect(engine.freeSlots).toBe(1);
});

it('keeps the deadline of a request that waits for the same one', async () => {
  const { handle, step } = await test.startWorker();
  const first = await test.request(short);
  const generated = handle(first);
  await step();
  const late = await test.request({ ...short, tenant: first.event.tenant, timeoutMs: 1_000 });
  const following = handle(late);
  await test.clock.advance(1_000);
  await following;
  expect(await test.closingOf(late.event)).toMatchObject({ outcome: 'EXPIRED', usage: { output_tokens: 0 } });
  await step();
  await step();
  await generated;
  expect(await test.closingOf(first.event)).toMatchObject({ outcome: 'COMPLETED' });
});

it('goes on behind what a worker had given from the cache when it died', async () => {
  const { handle, step } = await test.startWorker();
  const first = await test.request(short);
  const generated = handle(first);
  for (let count = 0; count < 3; count += 1) await step();
  await generated;
  const { tenant } = first.event;
  const [chunk] = (await test.recordsOf(first.event)).filter(({ kind }) => kind === 'CHUNK');
  const begun = await test.request({ ...short, tenant });
  const { dependencies } = test;
  const box = await dependencies.sealing.forTenant(tenant);
  const log = await openResultLog(dependencies, begun.event);
  const cache = { kind: 'EXACT', similarity: 1, request_id: first.event.request_id } as const;
  const at = dependencies.clock.now();
  await log.append(resultRecord(begun.event, { kind: 'ATTEMPT', at, attempt: 1, cache }));
  const content = sealContent(
    box,
    begun.event.request_id,
    'chunk',
    chunk?.content ?? { text: '', tokens: [] },
  );
  const token_count = chunk?.token_count ?? 0;
  await log.append(resultRecord(begun.event, { kind: 'CHUNK', at, attempt: 1, token_count, content }));
  const handled = handle({ ...begun, delivery: { ...begun.delivery, deliveryCount: 2 } });
  for (let count = token_count; count < 3; count += 1) await step();
  await handled;
  const closing = await test.closingOf(begun.event);
  expect(closing).toMatchObject({
    outcome: 'COMPLETED',
    attempt: 2,
    cache: null,
    usage: { output_tokens: 3 },
  });
  const textOf = async (event: typeof first.event): Promise<string> =>
    (await test.recordsOf(event)).map((record) => record.content?.text ?? '').join('');
  expect(await textOf(begun.event)).toBe(await textOf(first.event));
});

it('looks nothing up for a request that was delivered before', async () => {
  const { handle, step } = await test.startWorker();
  const first = await test.request(short);
  const generated = handle(first);
  for (let count = 0; count < 3; count += 1) await step();
  await generated;
  const again = await test.request({ ...short, tenant: first.event.tenant });
  const handled = handle({ ...again, delivery: { ...again.delivery, deliveryCount: 2 } });
  for (let count = 0; count < 3; count += 1) await step();
  await handled;
  expect(await test.closingOf(again.event)).toMatchObject({ outcome: 'COMPLETED', cache: null });
});
