import { randomUUID } from 'node:crypto';
import { createAnswerCache } from '@millrace/answer-cache';
import { connectNats, type Delivery } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions, subjects } from '@millrace/contracts';
import { createLogger, createMetrics, ManualClock, stopInReverse, type Stoppable } from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import {
  openContent,
  readResults,
  sealContent,
  watchCancellations,
  type RequestContent,
  type RequestEvent,
  type StageDependencies,
} from '@millrace/stage';
import { receivedOf } from '@millrace/stage/testing';
import { startTestNats } from '@millrace/testkit';
import { chatOperations, serveChatModel } from './chat-model.ts';
import { fabricatedEngine, tokenBytes } from './engine/engine-fixture.ts';
import type { LoadedModel } from './loaded-model.ts';
import { createInferenceMetrics } from './metrics.ts';
import { onRequestScrubbed } from './on-request-scrubbed.ts';
import { createSuspects } from './suspects.ts';
import { createWaitingRoom } from './waiting-room.ts';

export const promptTokens = Int32Array.of(1, 2, 3);

export interface RequestOptions extends Partial<Omit<RequestEvent, 'content' | 'parameters'>> {
  readonly timeoutMs?: number;
  readonly content?: Partial<RequestContent>;
  readonly parameters?: Partial<RequestEvent['parameters']>;
}

/** Workers on a nats-server of their own; the clock stands still until it is moved. */
export async function startWorkerTest() {
  const codec = createCodec();
  const logger = createLogger({ service: 'inference', level: 'silent' });
  const clock = new ManualClock();
  const nats = await startTestNats();
  const parts: Stoppable[] = [nats];
  const bus = await connectNats({ url: nats.url, name: 'inference-test', logger });
  parts.push(bus);
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const sealing = await createSealing(new Uint8Array(32), createMemoryKeyStore());
  const dependencies: StageDependencies = { bus, codec, sealing, clock, logger, metrics: createMetrics() };

  /** A worker with one place, whose engine makes a step only when it is let. */
  const startWorker = async () => {
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
    const cancellations = await watchCancellations(dependencies);
    parts.push(cancellations);
    const model = { engine, encodePrompt: () => promptTokens, tokenBytes, operations: chatOperations };
    const waitingRoom = createWaitingRoom({ places: 1, weightOf: () => 1 });
    const handle = onRequestScrubbed({
      ...dependencies,
      cancellations,
      engineMetrics: createInferenceMetrics(createMetrics(), engine),
      model: serveChatModel(model as unknown as LoadedModel),
      ackWaitMs: 9_000,
      suspects: createSuspects(),
      waitingRoom,
      answerCache: createAnswerCache({
        clock,
        metrics: createMetrics(),
        maxBytes: 1024 ** 2,
        keepMs: 3_600_000,
        semanticThresholds: new Map(),
      }),
      maxAttempts: 5,
    });
    /** Waits for the engine to be at a step, and lets it be made. */
    const step = async (): Promise<void> => {
      while (steps.length === 0) await onStep.promise;
      onStep = Promise.withResolvers();
      steps.shift()?.();
    };
    return { engine, waitingRoom, cancellations, handle, step };
  };

  const request = async (options: RequestOptions = {}) => {
    const { timeoutMs = 60_000, content, parameters, ...changes } = options;
    const request_id = randomUUID();
    const tenant = changes.tenant ?? `tenant-${randomUUID()}`;
    const box = await sealing.forTenant(tenant);
    const received = receivedOf(tenant, clock.now(), {
      request_id,
      deadline_at: clock.now() + timeoutMs,
      model: 'fabricated',
      content: sealContent(box, request_id, 'request', {
        messages: [{ role: 'user', content: 'Hello' }],
        stop: [],
        ...content,
      }),
      characters_in: 5,
    });
    const event: RequestEvent = {
      ...received,
      parameters: { ...received.parameters, max_tokens: 50, temperature: 1, ...parameters },
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
  };

  const closingOf = async ({ tenant, request_id }: RequestEvent) => {
    const stored = await bus.lastMessage('CLOSED', subjects.closed(tenant, request_id));
    return stored && codec.decode('request.closed', stored.payload);
  };

  /** The records of a request, opened. */
  const recordsOf = async ({ tenant, request_id }: RequestEvent) => {
    const box = await sealing.forTenant(tenant);
    const records = [];
    for await (const { record } of readResults(dependencies, request_id)) {
      const content =
        record.content === null ? undefined : openContent(box, request_id, 'chunk', record.content);
      records.push({ ...record, content });
    }
    return records;
  };

  return {
    dependencies,
    clock,
    startWorker,
    request,
    closingOf,
    recordsOf,
    stop: () => stopInReverse(parts),
  };
}

export type WorkerTest = Awaited<ReturnType<typeof startWorkerTest>>;
