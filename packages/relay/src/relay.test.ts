import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { controlKeys } from '@millrace/contracts';
import { ManualClock, type Clock, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { startTestNats, type TestNats } from '@millrace/testkit';
import type { RelayEvent } from './relay-event.ts';
import { newGatewayName, startRelay, type Relay } from './start-relay.ts';
import type { Submission } from './submission.ts';
import {
  newTenant,
  nextScriptedWriter,
  openScriptedWriter,
  principalOf,
  startTestPlatform,
  testRelaySettings,
  type TestPlatform,
} from './testing.ts';

let nats: TestNats;
let platform: TestPlatform;
let stage: StageDependencies;
const started: Stoppable[] = [];
const never = new AbortController().signal;

beforeAll(async () => {
  nats = await startTestNats();
  platform = await startTestPlatform(nats.url);
  stage = await platform.connect();
}, 30_000);

afterEach(async () => {
  for (const part of started.splice(0).toReversed()) await part.stop();
});

afterAll(async () => {
  await platform.stop();
  await nats.stop();
});

async function gateway(changes: Partial<typeof testRelaySettings> = {}, clock?: Clock): Promise<Relay> {
  const dependencies = await platform.connect(clock);
  const relay = await startRelay(
    { ...dependencies, gateway: newGatewayName() },
    { ...testRelaySettings, ...changes },
  );
  started.push(relay);
  return relay;
}

function submission(tenant: string, changes: Partial<Submission> = {}): Submission {
  return {
    principal: principalOf(tenant),
    transport: 'WEBSOCKET',
    generation: {
      model: undefined,
      messages: [{ role: 'user', content: 'Hello' }],
      stop: [],
      parameters: { max_tokens: 16, temperature: 0, top_k: 0, top_p: 1 },
      seed: undefined,
    },
    ...changes,
  };
}

async function collect(events: AsyncIterable<RelayEvent>): Promise<RelayEvent[]> {
  const all: RelayEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const textOf = (events: readonly RelayEvent[]): string =>
  events.map((event) => (event.type === 'chunk' ? event.text : '')).join('');
const chunkSeqs = (events: readonly RelayEvent[]): number[] =>
  events.filter((event) => event.type === 'chunk').map((event) => event.seq);

async function valueOf(relayStage: StageDependencies, name: string): Promise<number> {
  const { body } = await relayStage.metrics.expose();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(body)?.[1] ?? Number.NaN);
}

test('an answer is followed live from its submission to its end', async () => {
  const relay = await gateway();
  const tenant = newTenant();
  const { requestId, attached } = await relay.submit(submission(tenant));
  expect(attached).toBe(false);
  const events = collect(relay.follow(requestId, { principal: principalOf(tenant), signal: never }));
  const writer = await openScriptedWriter(stage, { gateway: relay.gateway, requestId, tenant });
  await writer.masked({ '<EMAIL_1>': 'ada@example.org' });
  await writer.attempt(1);
  await writer.chunk('Write to <EMA');
  await writer.chunk('IL_1>');
  await writer.finish();
  expect(await events).toMatchObject([
    { type: 'chunk', seq: 1, text: 'Write to ' },
    { type: 'chunk', seq: 2, text: 'ada@example.org' },
    { type: 'completed', seq: 2, finishReason: 'stop', model: 'test-model', usage: { output_tokens: 2 } },
  ]);
});

test('what is stored of a request is complete and sealed', async () => {
  const relay = await gateway();
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const writer = await nextScriptedWriter(stage, tenant, new Set());
  expect(writer).toMatchObject({ requestId, gateway: relay.gateway });
  for await (const { payload, headers } of stage.bus.read('RECEIVED', `mr.request.received.${tenant}`)) {
    expect(Buffer.from(payload).includes('Hello')).toBe(false);
    expect(headers['traceparent']).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    const event = stage.codec.decode('request.received', payload);
    expect(event.deadline_at - event.received_at).toBe(testRelaySettings.requestTimeoutMs);
    expect(event.parameters.seed).toBeGreaterThanOrEqual(0);
  }
});

test('an answer is resumed at every seq while it is generated, on this gateway and on another', async () => {
  const [first, second] = [await gateway(), await gateway()];
  const tenant = newTenant();
  const principal = principalOf(tenant);
  const { requestId } = await first.submit(submission(tenant));
  const writer = await openScriptedWriter(stage, { gateway: first.gateway, requestId, tenant });
  const words = Array.from({ length: 12 }, (_, index) => `word${index} `);
  const followers: { readonly after: number; readonly events: Promise<RelayEvent[]> }[] = [];
  const resumeOnBoth = (after: number): void => {
    for (const relay of [first, second]) {
      followers.push({
        after,
        events: collect(relay.follow(requestId, { principal, after, signal: never })),
      });
    }
  };
  resumeOnBoth(0);
  await writer.attempt(1);
  for (const [index, word] of words.entries()) {
    await writer.chunk(word);
    resumeOnBoth(index + 1);
  }
  await writer.finish();
  resumeOnBoth(words.length);
  for (const { after, events } of followers) {
    const all = await events;
    expect(textOf(all)).toBe(words.slice(after).join(''));
    expect(chunkSeqs(all)).toEqual(words.slice(after).map((_, index) => after + index + 1));
    expect(all.at(-1)).toMatchObject({ type: 'completed', seq: words.length });
  }
});

test('a reader that is slower than the engine is served from the stream, without gap or repeat', async () => {
  const relay = await gateway({ followQueueRecords: 4 });
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const events = relay.follow(requestId, { principal: principalOf(tenant), signal: never });
  const writer = await openScriptedWriter(stage, { gateway: relay.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('0 ');
  const all = [(await events.next()).value as RelayEvent];
  for (let index = 1; index < 50; index += 1) await writer.chunk(`${index} `);
  await writer.finish();
  all.push(...(await collect(events)));
  expect(textOf(all)).toBe(Array.from({ length: 50 }, (_, index) => `${index} `).join(''));
  expect(chunkSeqs(all)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
});

test('what was repeated while the connection was away is read from the stream', async () => {
  const server = await startTestNats();
  const own = await startTestPlatform(server.url);
  try {
    const dependencies = await own.connect();
    const writing = await own.connect();
    const relay = await startRelay({ ...dependencies, gateway: newGatewayName() }, testRelaySettings);
    const tenant = newTenant();
    const { requestId } = await relay.submit(submission(tenant));
    const events = relay.follow(requestId, { principal: principalOf(tenant), signal: never });
    const writer = await openScriptedWriter(writing, { gateway: relay.gateway, requestId, tenant });
    await writer.attempt(1);
    await writer.chunk('before ');
    const first = (await events.next()).value as RelayEvent;
    await server.restart();
    await writer.chunk('after');
    await writer.finish();
    const all = [first, ...(await collect(events))];
    expect(textOf(all)).toBe('before after');
    expect(chunkSeqs(all)).toEqual([1, 2]);
    await relay.stop();
  } finally {
    await own.stop();
    await server.stop();
  }
}, 30_000);

test('an answer that is started over goes on where it ended, and fails when it differs', async () => {
  const relay = await gateway();
  const tenant = newTenant();
  const follow = async (again: string): Promise<RelayEvent[]> => {
    const { requestId } = await relay.submit(submission(tenant));
    const events = collect(relay.follow(requestId, { principal: principalOf(tenant), signal: never }));
    const writer = await openScriptedWriter(stage, { gateway: relay.gateway, requestId, tenant });
    await writer.attempt(1);
    await writer.chunk('one two ', 2);
    await writer.attempt(2, 0);
    await writer.chunk(again, 3);
    await writer.finish();
    return events;
  };
  expect(textOf(await follow('one two three'))).toBe('one two three');
  expect((await follow('one too three')).at(-1)).toMatchObject({
    type: 'failed',
    error: { code: 'engine_failed' },
    seq: 1,
  });
});

test('a request of another tenant, or for an end user of another key, is not found', async () => {
  const relay = await gateway();
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const attempt = (principal: ReturnType<typeof principalOf>): Promise<unknown> =>
    relay.follow(requestId, { principal, signal: never }).next();
  // The first follower takes what was collected; the others read the stream.
  const signal = AbortSignal.abort(new Error('gone'));
  await expect(relay.follow(requestId, { principal: principalOf(tenant), signal }).next()).rejects.toThrow(
    'gone',
  );
  const notFound = { code: 'request_not_found' };
  await expect(attempt(principalOf(newTenant()))).rejects.toMatchObject(notFound);
  await expect(attempt(principalOf(tenant, { key_id: 'other', roles: ['end-user'] }))).rejects.toMatchObject(
    notFound,
  );
  await expect(relay.cancel(requestId, principalOf(newTenant()))).rejects.toMatchObject(notFound);
  await expect(
    relay.follow('no-id', { principal: principalOf(tenant), signal: never }).next(),
  ).rejects.toMatchObject(notFound);
  const unknown = '01890000-0000-7000-8000-000000000000';
  await expect(
    relay.follow(unknown, { principal: principalOf(tenant), signal: never }).next(),
  ).rejects.toMatchObject(notFound);
});

test('a fresh request is not handed to a stranger either', async () => {
  const relay = await gateway();
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const stranger = relay.follow(requestId, { principal: principalOf(newTenant()), signal: never });
  await expect(stranger.next()).rejects.toMatchObject({ code: 'request_not_found' });
});

test('to resume behind the end of an answer is an error', async () => {
  const relay = await gateway();
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const writer = await openScriptedWriter(stage, { gateway: relay.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('one');
  await writer.finish();
  const events = relay.follow(requestId, { principal: principalOf(tenant), after: 2, signal: never });
  await expect(events.next()).rejects.toMatchObject({ code: 'invalid_value', param: 'after' });
});

test('an unknown model is refused with the names of those there are', async () => {
  const relay = await gateway();
  const { generation } = submission('any');
  await expect(
    relay.submit(submission(newTenant(), { generation: { ...generation, model: 'gpt-9' } })),
  ).rejects.toMatchObject({
    code: 'model_not_found',
    message: expect.stringContaining('test-model') as string,
  });
});

test('a full stage is told with the time to come back', async () => {
  const server = await startTestNats();
  const own = await startTestPlatform(server.url, { receivedMaxMessages: 2, resultsMaxBytes: 2 ** 24 });
  try {
    const relay = await startRelay(
      { ...(await own.connect()), gateway: newGatewayName() },
      testRelaySettings,
    );
    await relay.submit(submission(newTenant()));
    await relay.submit(submission(newTenant()));
    await expect(relay.submit(submission(newTenant()))).rejects.toMatchObject({
      code: 'overloaded',
      retryable: true,
      retryAfterMs: 1_000,
    });
    await relay.stop();
  } finally {
    await own.stop();
    await server.stop();
  }
}, 30_000);

test('followers are told to resume elsewhere when the gateway stops', async () => {
  const relay = await gateway();
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const next = relay.follow(requestId, { principal: principalOf(tenant), signal: never }).next();
  await relay.stop();
  await expect(next).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  const other = await gateway();
  const writer = await openScriptedWriter(stage, { gateway: relay.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('still there');
  await writer.finish();
  expect(
    textOf(await collect(other.follow(requestId, { principal: principalOf(tenant), signal: never }))),
  ).toBe('still there');
});

test('the metrics count requests, followers and looks into the stream', async () => {
  const dependencies = await platform.connect();
  const relay = await startRelay({ ...dependencies, gateway: newGatewayName() }, testRelaySettings);
  started.push(relay);
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const events = relay.follow(requestId, { principal: principalOf(tenant), signal: never });
  const writer = await openScriptedWriter(stage, { gateway: relay.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('one');
  await events.next();
  expect(await valueOf(dependencies, 'millrace_gateway_followers')).toBe(1);
  await writer.finish();
  await collect(events);
  expect(await valueOf(dependencies, 'millrace_gateway_followers')).toBe(0);
  expect(await valueOf(dependencies, 'millrace_gateway_gap_reads_total')).toBe(0);
  expect(await valueOf(dependencies, 'millrace_gateway_accepted_total\\{transport="WEBSOCKET"\\}')).toBe(1);
});

test('a request whose client does not come back is cancelled after the grace period, once and not before', async () => {
  const clock = new ManualClock(Date.now());
  const relay = await gateway({}, clock);
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const cancelled = Promise.withResolvers<string>();
  const watch = await stage.bus.bucket('CONTROL').watch(controlKeys.cancellation(requestId), ({ value }) => {
    if (value !== undefined) cancelled.resolve(stage.codec.decode('request.cancelled', value).reason);
  });
  relay.abandon(requestId, 60_000);
  await clock.advance(59_999);
  expect(await stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId))).toBeUndefined();
  await clock.advance(1);
  expect(await cancelled.promise).toBe('disconnected');
  await watch.stop();
});

test('a request that is resumed, here or on another gateway, is not cancelled', async () => {
  const clock = new ManualClock(Date.now());
  const [first, second] = [await gateway({}, clock), await gateway({}, clock)];
  const tenant = newTenant();
  const principal = principalOf(tenant);
  for (const other of [first, second]) {
    const { requestId } = await first.submit(submission(tenant));
    const writer = await openScriptedWriter(stage, { gateway: first.gateway, requestId, tenant });
    await writer.attempt(1);
    await writer.chunk('one');
    first.abandon(requestId, 60_000);
    const heard = Promise.withResolvers<undefined>();
    const subscription = await stage.bus.subscribe('mr.gateway.*.resumed', () => heard.resolve(undefined));
    const events = other.follow(requestId, { principal, signal: never });
    await events.next();
    if (other === second) {
      await heard.promise;
      // The first gateway has heard it once an answer comes back on its own connection.
      await collectOne(first, tenant);
    }
    await clock.advance(60_000);
    expect(await stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId))).toBeUndefined();
    await writer.finish();
    await collect(events);
    await subscription.stop();
  }
});

test('a client that is taken over by another gateway before its old connection is found dead is not cancelled', async () => {
  const clock = new ManualClock(Date.now());
  const [first, second] = [await gateway({}, clock), await gateway({}, clock)];
  const tenant = newTenant();
  const principal = principalOf(tenant);
  const { requestId } = await first.submit(submission(tenant));
  const dead = new AbortController();
  const old = first.follow(requestId, { principal, signal: dead.signal });
  const writer = await openScriptedWriter(stage, { gateway: first.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('one');
  await old.next();
  const events = second.follow(requestId, { principal, after: 1, signal: never });
  const waiting = events.next();
  const ended = old.next();
  await writer.chunk('two');
  await waiting;
  await collectOne(first, tenant);
  await ended;
  const last = old.next();
  first.abandon(requestId, 60_000);
  dead.abort(new Error('dead'));
  await expect(last).rejects.toThrow('dead');
  await clock.advance(60_000);
  expect(await stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId))).toBeUndefined();
  await writer.finish();
  await collect(events);
});

/** Runs a request of one piece through a gateway: what its connection was sent before has arrived then. */
async function collectOne(relay: Relay, tenant: string): Promise<void> {
  const { requestId } = await relay.submit(submission(tenant));
  const events = collect(relay.follow(requestId, { principal: principalOf(tenant), signal: never }));
  const writer = await openScriptedWriter(stage, { gateway: relay.gateway, requestId, tenant });
  await writer.finish();
  await events;
}

test('a finished request is not cancelled when its client goes', async () => {
  const clock = new ManualClock(Date.now());
  const relay = await gateway({}, clock);
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const writer = await openScriptedWriter(stage, { gateway: relay.gateway, requestId, tenant });
  await writer.finish();
  relay.abandon(requestId, 1_000);
  await clock.advance(1_000);
  await relay.stop();
  expect(await stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId))).toBeUndefined();
});
