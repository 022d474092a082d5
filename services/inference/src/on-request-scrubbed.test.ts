import { afterAll, beforeAll, expect, it } from 'vitest';
import { subjects } from '@millrace/contracts';
import { cancelRequest } from '@millrace/stage';
import { promptTokens, startWorkerTest, type WorkerTest } from './worker.fixture.ts';

let test: WorkerTest;
beforeAll(async () => {
  test = await startWorkerTest();
}, 60_000);
afterAll(() => test.stop());

it('ends a request that reaches its deadline while it waits for a place, charged nothing', async () => {
  const { handle, step, waitingRoom, engine } = await test.startWorker();
  const first = await test.request();
  const running = handle(first);
  await step();
  const late = await test.request({ timeoutMs: 5_000 });
  const waiting = handle(late);
  await expect.poll(() => waitingRoom.waiting).toBe(1);
  await test.clock.advance(4_999);
  expect(waitingRoom.waiting).toBe(1);
  expect(late.kept()).toBeGreaterThan(0);
  await test.clock.advance(1);
  await waiting;
  expect(await test.closingOf(late.event)).toMatchObject({
    outcome: 'EXPIRED',
    failure: { code: 'deadline_exceeded' },
    usage: { input_tokens: 0, output_tokens: 0 },
  });
  expect(await test.closingOf(first.event)).toBeUndefined();
  await test.clock.advance(60_000);
  await step();
  await running;
  expect(engine.freeSlots).toBe(1);
});

it('ends a request that reaches its deadline in the middle of its answer within one step, charged for what was generated', async () => {
  const { handle, step, engine } = await test.startWorker();
  const { event, delivery } = await test.request({ timeoutMs: 5_000 });
  const running = handle({ event, delivery });
  // The prompt, whose end gives the first token, and two more.
  for (let count = 0; count < 3; count += 1) await step();
  await test.clock.advance(5_000);
  await step();
  await running;
  expect(await test.closingOf(event)).toMatchObject({
    outcome: 'EXPIRED',
    finish_reason: 'cancelled',
    failure: { code: 'deadline_exceeded' },
    usage: { input_tokens: promptTokens.length, output_tokens: 3, source: 'ENGINE' },
  });
  expect(engine.freeSlots).toBe(1);
});

it('frees the place of a request that is cancelled within one step, and the next one has it', async () => {
  const { handle, step, engine, waitingRoom, cancellations } = await test.startWorker();
  const first = await test.request();
  const running = handle(first);
  await step();
  await step();
  const next = await test.request({ parameters: { max_tokens: 1 } });
  const following = handle(next);
  await expect.poll(() => waitingRoom.waiting).toBe(1);
  await cancelRequest(test.dependencies, first.event, 'client');
  await expect.poll(() => cancellations.get(first.event.request_id)).toBeDefined();
  await step();
  await running;
  expect(await test.closingOf(first.event)).toMatchObject({
    outcome: 'CANCELLED',
    usage: { output_tokens: 2 },
  });
  await step();
  await following;
  expect(await test.closingOf(next.event)).toMatchObject({
    outcome: 'COMPLETED',
    usage: { output_tokens: 1 },
  });
  expect(engine.freeSlots).toBe(1);
});

it('hands a request that waits back untouched when the worker stops', async () => {
  const { handle, step, waitingRoom, engine } = await test.startWorker();
  const first = await test.request();
  const running = handle(first);
  await step();
  const second = await test.request();
  const waiting = handle(second);
  await expect.poll(() => waitingRoom.waiting).toBe(1);
  second.stopping.abort();
  await expect(waiting).rejects.toThrow('aborted');
  expect(
    await test.dependencies.bus.lastMessage('RESULTS', subjects.resultsOfRequest(second.event.request_id)),
  ).toBeUndefined();
  first.stopping.abort();
  await step();
  await expect(running).rejects.toThrow('another one goes on');
  expect(engine.freeSlots).toBe(1);
});

it('leaves a request alone that was ended before it was delivered', async () => {
  const { handle, engine } = await test.startWorker();
  const { event, delivery } = await test.request({ timeoutMs: -1 });
  await handle({ event, delivery });
  expect(await test.closingOf(event)).toMatchObject({ outcome: 'EXPIRED' });
  const records = await test.dependencies.bus.lastMessage(
    'RESULTS',
    subjects.resultsOfRequest(event.request_id),
  );
  await handle({ event, delivery });
  expect(
    await test.dependencies.bus.lastMessage('RESULTS', subjects.resultsOfRequest(event.request_id)),
  ).toEqual(records);
  expect(engine.running).toBe(0);
});
