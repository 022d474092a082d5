import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectNats, type Bus, type Delivery } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions, subjects } from '@millrace/contracts';
import { createLogger, createMetrics, ManualClock, stopInReverse, type Stoppable } from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import {
  cancelRequest,
  sealContent,
  watchCancellations,
  type RequestEvent,
  type StageDependencies,
} from '@millrace/stage';
import { startTestNats } from '@millrace/testkit';
import { chatOperations, serveChatModel } from './chat-model.ts';
import { fabricatedEngine, tokenBytes } from './engine/engine-fixture.ts';
import type { LoadedModel } from './loaded-model.ts';
import { createInferenceMetrics } from './metrics.ts';
import { onRequestScrubbed } from './on-request-scrubbed.ts';
import { createTurns } from './turns.ts';
import { createWaitingRoom } from './waiting-room.ts';

const codec = createCodec();
const logger = createLogger({ service: 'inference', level: 'silent' });
const clock = new ManualClock();
const promptTokens = Int32Array.of(1, 2, 3);
const parts: Stoppable[] = [];
const keep = <Part extends Stoppable>(part: Part): Part => {
  parts.push(part);
  return part;
};
let bus: Bus;
let dependencies: StageDependencies;

beforeAll(async () => {
  const nats = keep(await startTestNats());
  bus = keep(await connectNats({ url: nats.url, name: 'inference-test', logger }));
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const sealing = await createSealing(new Uint8Array(32), createMemoryKeyStore());
  dependencies = { bus, codec, sealing, clock, logger, metrics: createMetrics() };
}, 60_000);
afterAll(() => stopInReverse(parts));

/** A worker with one place, whose engine makes a step only when it is let. */
async function startWorker() {
  const steps: (() => void)[] = [];
  let onStep = Promise.withResolvers<void>();
  const { engine } = fabricatedEngine({
    slots: 1,
    clock,
    vocabularySize: 259,
    beforeStep: () =>
      new Promise((resolve) => {
        steps.push(resolve);
        onStep.resolve();
      }),
  });
  const cancellations = keep(await watchCancellations(dependencies));
  const model = { engine, encodePrompt: () => promptTokens, tokenBytes, operations: chatOperations };
  const waitingRoom = createWaitingRoom({ places: 1, weightOf: () => 1 });
  const handle = onRequestScrubbed({
    ...dependencies,
    cancellations,
    engineMetrics: createInferenceMetrics(createMetrics(), engine),
    model: serveChatModel(model as unknown as LoadedModel),
    ackWaitMs: 9_000,
    suspects: createTurns(),
    waitingRoom,
    maxAttempts: 5,
  });
  /** Waits for the engine to be at a step, and lets it be made. */
  const step = async (): Promise<void> => {
    while (steps.length === 0) await onStep.promise;
    onStep = Promise.withResolvers();
    steps.shift()?.();
  };
  return { engine, waitingRoom, cancellations, handle, step };
}

async function request(timeoutMs: number, changes: Partial<RequestEvent> = {}) {
  const tenant = `tenant-${randomUUID()}`;
  const request_id = randomUUID();
  const box = await dependencies.sealing.forTenant(tenant);
  const event: RequestEvent = {
    request_id,
    tenant,
    principal: { key_id: 'key', roles: ['user'] },
    gateway: 'gateway',
    transport: 'WEBSOCKET',
    received_at: clock.now(),
    deadline_at: clock.now() + timeoutMs,
    operation: 'generate',
    model: 'fabricated',
    priority: 'NORMAL',
    parameters: {
      max_tokens: 50,
      temperature: 1,
      top_k: 0,
      top_p: 1,
      seed: 1,
      min_p: 0,
      repetition_penalty: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      n: 1,
      logprobs: null,
    },
    content: sealContent(box, request_id, 'request', {
      messages: [{ role: 'user', content: 'Hello' }],
      stop: [],
    }),
    characters_in: 5,
    replay_of: null,
    trail: [],
    cache: 'AUTO',
    fallbacks: [],
    personal_data: [],
    ...changes,
  };
  const stopping = new AbortController();
  let kept = 0;
  const delivery: Delivery = {
    stream: 'SCRUBBED',
    subject: 'mr.request.scrubbed.fabricated.normal-0',
    sequence: 1,
    payload: Buffer.alloc(0),
    headers: {},
    storedAt: clock.now(),
    deliveryCount: 1,
    working: () => void (kept += 1),
    signal: stopping.signal,
  };
  return { event, delivery, stopping, kept: () => kept };
}

async function closingOf({ tenant, request_id }: RequestEvent) {
  const stored = await bus.lastMessage('CLOSED', subjects.closed(tenant, request_id));
  return stored && codec.decode('request.closed', stored.payload);
}

it('ends a request that reaches its deadline while it waits for a place, charged nothing', async () => {
  const { handle, step, waitingRoom, engine } = await startWorker();
  const first = await request(60_000);
  const running = handle(first);
  await step();
  const late = await request(5_000);
  const waiting = handle(late);
  await expect.poll(() => waitingRoom.waiting).toBe(1);
  await clock.advance(4_999);
  expect(waitingRoom.waiting).toBe(1);
  expect(late.kept()).toBeGreaterThan(0);
  await clock.advance(1);
  await waiting;
  expect(await closingOf(late.event)).toMatchObject({
    outcome: 'EXPIRED',
    failure: { code: 'deadline_exceeded' },
    usage: { input_tokens: 0, output_tokens: 0 },
  });
  expect(await closingOf(first.event)).toBeUndefined();
  await clock.advance(60_000);
  await step();
  await running;
  expect(engine.freeSlots).toBe(1);
});

it('ends a request that reaches its deadline in the middle of its answer within one step, charged for what was generated', async () => {
  const { handle, step, engine } = await startWorker();
  const { event, delivery } = await request(5_000);
  const running = handle({ event, delivery });
  // The prompt, whose end gives the first token, and two more.
  for (let count = 0; count < 3; count += 1) await step();
  await clock.advance(5_000);
  await step();
  await running;
  expect(await closingOf(event)).toMatchObject({
    outcome: 'EXPIRED',
    finish_reason: 'cancelled',
    failure: { code: 'deadline_exceeded' },
    usage: { input_tokens: promptTokens.length, output_tokens: 3, source: 'ENGINE' },
  });
  expect(engine.freeSlots).toBe(1);
});

it('frees the place of a request that is cancelled within one step, and the next one has it', async () => {
  const { handle, step, engine, waitingRoom, cancellations } = await startWorker();
  const first = await request(60_000);
  const running = handle(first);
  await step();
  await step();
  const next = await request(60_000, { parameters: { ...first.event.parameters, max_tokens: 1 } });
  const following = handle(next);
  await expect.poll(() => waitingRoom.waiting).toBe(1);
  await cancelRequest(dependencies, first.event, 'client');
  await expect.poll(() => cancellations.get(first.event.request_id)).toBeDefined();
  await step();
  await running;
  expect(await closingOf(first.event)).toMatchObject({ outcome: 'CANCELLED', usage: { output_tokens: 2 } });
  await step();
  await following;
  expect(await closingOf(next.event)).toMatchObject({ outcome: 'COMPLETED', usage: { output_tokens: 1 } });
  expect(engine.freeSlots).toBe(1);
});

it('hands a request that waits back untouched when the worker stops', async () => {
  const { handle, step, waitingRoom, engine } = await startWorker();
  const first = await request(60_000);
  const running = handle(first);
  await step();
  const second = await request(60_000);
  const waiting = handle(second);
  await expect.poll(() => waitingRoom.waiting).toBe(1);
  second.stopping.abort();
  await expect(waiting).rejects.toThrow('aborted');
  expect(
    await bus.lastMessage('RESULTS', subjects.resultsOfRequest(second.event.request_id)),
  ).toBeUndefined();
  first.stopping.abort();
  await step();
  await expect(running).rejects.toThrow('another one goes on');
  expect(engine.freeSlots).toBe(1);
});

it('leaves a request alone that was ended before it was delivered', async () => {
  const { handle, engine } = await startWorker();
  const { event, delivery } = await request(-1);
  await handle({ event, delivery });
  expect(await closingOf(event)).toMatchObject({ outcome: 'EXPIRED' });
  const records = await bus.lastMessage('RESULTS', subjects.resultsOfRequest(event.request_id));
  await handle({ event, delivery });
  expect(await bus.lastMessage('RESULTS', subjects.resultsOfRequest(event.request_id))).toEqual(records);
  expect(engine.running).toBe(0);
});
