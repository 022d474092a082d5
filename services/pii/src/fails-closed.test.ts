import { randomUUID } from 'node:crypto';
import { connectNats, type Bus } from '@millrace/bus';
import {
  bucketDefinitions,
  consumerDefinitions,
  controlKeys,
  createCodec,
  streamDefinitions,
  subjects,
  type ProtectionPublished,
} from '@millrace/contracts';
import { defaultPiiPolicy } from '@millrace/pii-policy';
import { createLogger, createMetrics, stopInReverse, systemClock, type Stoppable } from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import { openResultLog, resultRecord, sealContent, type StageDependencies } from '@millrace/stage';
import { receivedOf } from '@millrace/stage/testing';
import { startTestNats } from '@millrace/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hashKey } from './pii.fixture.ts';
import { createScrubThread } from './scrub-thread.ts';
import { startPii } from './service.ts';

const codec = createCodec();
const logger = createLogger({ service: 'pii', level: 'silent' });
const settings = {
  concurrency: 8,
  threads: 1,
  checkLimitMs: 30_000,
  countedAnswers: 1,
  ackWaitMs: 10_000,
  maxDeliveries: 3,
};
const parts: Stoppable[] = [];
const started: Stoppable[] = [];
let url: string;
let bus: Bus;
let dependencies: StageDependencies;

beforeAll(async () => {
  const nats = await startTestNats();
  parts.push(nats);
  ({ url } = nats);
  bus = await connectNats({ url, name: 'pii-test', logger });
  parts.push(bus);
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const sealing = await createSealing(new Uint8Array(32), createMemoryKeyStore());
  dependencies = { bus, codec, sealing, clock: systemClock, logger, metrics: createMetrics() };
}, 60_000);
afterEach(() => stopInReverse(started.splice(0)));
afterAll(() => stopInReverse(parts));

const newTenant = (): string => `tenant-${randomUUID()}`;

/** Sends a request to the stage. @returns how it ended */
async function outcomeOf(tenant: string, text: string): Promise<unknown> {
  const { sealing } = dependencies;
  const event = receivedOf(tenant, systemClock.now());
  const content = { messages: [{ role: 'user', content: text }], stop: [] } as const;
  const box = await sealing.forTenant(tenant);
  const request = { ...event, content: sealContent(box, event.request_id, 'request', content) };
  const log = await openResultLog(dependencies, request);
  const { principal, transport, model, received_at, deadline_at } = request;
  const opened = { principal, transport, model, received_at, deadline_at, choices: 1 };
  await log.append(resultRecord(request, { kind: 'OPENED', at: received_at, opened }));
  await bus.publish({
    subject: subjects.admitted(tenant),
    payload: codec.encode('request.admitted', request),
  });
  const closed = subjects.closed(tenant, request.request_id);
  await expect.poll(() => bus.lastMessage('CLOSED', closed), { timeout: 20_000 }).toBeDefined();
  for await (const { payload } of bus.read('SCRUBBED', '>'))
    expect(codec.decode('request.scrubbed', payload).tenant).not.toBe(tenant);
  const closing = codec.decode('request.closed', (await bus.lastMessage('CLOSED', closed))!.payload);
  return { outcome: closing.outcome, code: closing.failure?.code };
}

const policy: ProtectionPublished = {
  tenant: '',
  actions: {},
  output_actions: {},
  patterns: [],
  allow: [],
  restore: true,
  version: 1,
  at: 0,
};

describe('no request passes', () => {
  it.each([
    ['that is no event', () => Buffer.from('no event')],
    ['of a version that nobody knows', () => Buffer.concat([Buffer.from([0xc3, 0x01]), Buffer.alloc(24, 7)])],
    ['that is cut off', () => codec.encode('protection.published', { ...policy, allow: ['x'] }).slice(0, -3)],
    [
      'with an action that nobody knows',
      () => codec.encode('protection.published', { ...policy, actions: { EMAIL_ADDRESS: 'eat' } }),
    ],
    [
      'with a pattern that is none',
      () => codec.encode('protection.published', { ...policy, patterns: [{ type: 'X', pattern: '(' }] }),
    ],
  ])('where the policy of its tenant is one %s, short or long', async (_what, encode) => {
    const tenant = newTenant();
    await bus.bucket('CONTROL').put(controlKeys.protection(tenant), encode());
    started.push(await startPii({ ...dependencies, metrics: createMetrics() }, settings));
    const refused = { outcome: 'FAILED', code: 'pii_unavailable' };
    expect(await outcomeOf(tenant, 'ann@corp.example')).toEqual(refused);
    expect(await outcomeOf(tenant, 'ann@corp.example '.repeat(600))).toEqual(refused);
  });

  it('where the store of policies is away at the start: the stage does not begin', async () => {
    const server = await startTestNats();
    started.push(server);
    const own = await connectNats({ url: server.url, name: 'pii-test', logger });
    started.push(own);
    await own.provision(
      streamDefinitions(),
      bucketDefinitions.filter(({ name }) => name !== 'CONTROL'),
    );
    const { stream, filterSubject } = consumerDefinitions().scrubbing;
    await own.publish({ subject: filterSubject.replace('*', 'acme'), payload: Buffer.from('x') });
    await expect(startPii({ ...dependencies, bus: own, metrics: createMetrics() }, settings)).rejects.toThrow(
      /CONTROL/u,
    );
    expect((await own.streamState(stream)).messages).toBe(1);
  });
});

const taskOf = (text: string, patterns: readonly { type: string; pattern: string }[] = []) => ({
  content: { messages: [{ role: 'user', content: text }], stop: [] } as const,
  options: { policy: { ...defaultPiiPolicy, patterns }, hashKey },
});

describe('a thread that looks through', () => {
  const never = new AbortController().signal;

  it('says that it could not where it throws, or ends, and is there again for the next', async () => {
    let begun = Promise.withResolvers<void>();
    const clock = {
      ...systemClock,
      setTimer(ms: number, run: () => void) {
        begun.resolve();
        return systemClock.setTimer(ms, run);
      },
    };
    const thread = createScrubThread({ clock, limitMs: 60_000, heapMb: 512 });
    started.push(thread);
    const throwing = thread.scrub(taskOf('x', [{ type: 'X', pattern: '(' }]), never);
    await expect(throwing).rejects.toMatchObject({ code: 'pii_unavailable', retryable: true });
    expect(await thread.scrub(taskOf('ann@corp.example'), never)).toMatchObject({
      content: { messages: [{ content: '<EMAIL_1>' }] },
    });
    begun = Promise.withResolvers();
    const ended = thread.scrub(taskOf('Ann Lee, ann@corp.example. '.repeat(20_000)), never);
    const stopped = begun.promise.then(() => thread.stop());
    await expect(ended).rejects.toMatchObject({
      code: 'pii_unavailable',
      message: expect.not.stringContaining('Lee') as string,
    });
    await stopped;
    expect(await thread.scrub(taskOf('x'), never)).toMatchObject({ counts: [] });
  });
});
