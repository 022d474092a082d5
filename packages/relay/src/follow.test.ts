import { getEventListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startTestNats } from '@millrace/testkit';
import type { RelayEvent } from './relay-event.ts';
import {
  chunkSeqs,
  collect,
  metricValue,
  never,
  startRelayTest,
  submission,
  textOf,
  type RelayTest,
} from './relay.fixture.ts';
import { newGatewayName, startRelay } from './start-relay.ts';
import {
  newTenant,
  openScriptedWriter,
  principalOf,
  startTestPlatform,
  testRelaySettings,
} from './testing.ts';

let context: RelayTest;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

beforeAll(async () => {
  context = await startRelayTest(await startTestNats());
});

afterEach(() => context.stopGateways());

afterAll(() => context.stop());

test('an answer is followed live from its submission to its end', async () => {
  const relay = await context.gateway();
  const tenant = newTenant();
  const { requestId, attached } = await relay.submit(submission(tenant));
  expect(attached).toBe(false);
  const events = collect(relay.follow(requestId, { principal: principalOf(tenant), signal: never }));
  const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
  await writer.masked({ EMAIL_1: 'ada@example.org' });
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

test('an answer is resumed at every seq while it is generated, on this gateway and on another', async () => {
  const [first, second] = [await context.gateway(), await context.gateway()];
  const tenant = newTenant();
  const principal = principalOf(tenant);
  const { requestId } = await first.submit(submission(tenant));
  const writer = await openScriptedWriter(context.stage, { gateway: first.gateway, requestId, tenant });
  const words = Array.from({ length: 12 }, (_, index) => `${String.fromCodePoint(97 + index)} `);
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

/** Words without figures. */
const wordOf = (index: number): string => `${'abcdefghij'.repeat(5).slice(0, index + 1)} `;

test('a reader that is slower than the engine is served from the stream, without gap or repeat', async () => {
  const relay = await context.gateway({ followQueueRecords: 4 });
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const events = relay.follow(requestId, { principal: principalOf(tenant), signal: never });
  const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk(wordOf(0));
  const all = [(await events.next()).value as RelayEvent];
  for (let index = 1; index < 50; index += 1) await writer.chunk(wordOf(index));
  await writer.finish();
  all.push(...(await collect(events)));
  expect(textOf(all)).toBe(Array.from({ length: 50 }, (_, index) => wordOf(index)).join(''));
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
});

test('an answer that is started over goes on where it ended, and fails when it differs', async () => {
  const relay = await context.gateway();
  const tenant = newTenant();
  const follow = async (again: string): Promise<RelayEvent[]> => {
    const { requestId } = await relay.submit(submission(tenant));
    const events = collect(relay.follow(requestId, { principal: principalOf(tenant), signal: never }));
    const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
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
  const relay = await context.gateway();
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

test('a fresh request is not handed to a stranger either, and stays there for whose it is', async () => {
  const relay = await context.gateway();
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const strangers = [
    principalOf(newTenant()),
    principalOf(tenant, { key_id: 'another key', roles: ['end-user'] }),
  ];
  for (const principal of strangers) {
    const stranger = relay.follow(requestId, { principal, signal: never });
    await expect(stranger.next()).rejects.toMatchObject({ code: 'request_not_found' });
  }
  const events = collect(relay.follow(requestId, { principal: principalOf(tenant), signal: never }));
  const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('mine');
  await writer.finish();
  expect(textOf(await events)).toBe('mine');
});

test('to resume behind the end of an answer is an error', async () => {
  const relay = await context.gateway();
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('one ');
  await writer.finish();
  const events = relay.follow(requestId, { principal: principalOf(tenant), after: 2, signal: never });
  await expect(events.next()).rejects.toMatchObject({ code: 'invalid_value', param: 'after' });
});

test('followers are told to resume elsewhere when the gateway stops', async () => {
  const relay = await context.gateway();
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const next = relay.follow(requestId, { principal: principalOf(tenant), signal: never }).next();
  const told = Promise.allSettled([next]);
  await relay.stop();
  expect(await told).toMatchObject([
    { status: 'rejected', reason: { code: 'unavailable', retryable: true } },
  ]);
  const other = await context.gateway();
  const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('still there');
  await writer.finish();
  expect(
    textOf(await collect(other.follow(requestId, { principal: principalOf(tenant), signal: never }))),
  ).toBe('still there');
});

test('the metrics count requests, followers and looks into the stream', async () => {
  const dependencies = await context.platform.connect();
  const relay = await startRelay({ ...dependencies, gateway: newGatewayName() }, testRelaySettings);
  try {
    const tenant = newTenant();
    const { requestId } = await relay.submit(submission(tenant));
    const events = relay.follow(requestId, { principal: principalOf(tenant), signal: never });
    const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
    await writer.attempt(1);
    await writer.chunk('one ');
    await events.next();
    expect(await metricValue(dependencies, 'millrace_gateway_followers')).toBe(1);
    await writer.finish();
    await collect(events);
    expect(await metricValue(dependencies, 'millrace_gateway_followers')).toBe(0);
    expect(await metricValue(dependencies, 'millrace_gateway_gap_reads_total')).toBe(0);
    const accepted = 'millrace_gateway_accepted_total{transport="WEBSOCKET"}';
    expect(await metricValue(dependencies, accepted)).toBe(1);
  } finally {
    await relay.stop();
  }
});

test('a follower that stops in the middle, or is let go, leaves nothing behind', async () => {
  const dependencies = await context.platform.connect();
  const relay = await startRelay({ ...dependencies, gateway: newGatewayName() }, testRelaySettings);
  try {
    const tenant = newTenant();
    const principal = principalOf(tenant);
    const { requestId } = await relay.submit(submission(tenant));
    const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
    await writer.attempt(1);
    await writer.chunk('one ');
    const client = new AbortController();
    const [left, letGo] = [0, 0].map(() => relay.follow(requestId, { principal, signal: client.signal }));
    await left?.next();
    await letGo?.next();
    expect(await metricValue(dependencies, 'millrace_gateway_followers')).toBe(2);
    await left?.return();
    const waiting = Promise.allSettled([letGo?.next()]);
    client.abort(new Error('gone'));
    expect(await waiting).toMatchObject([{ status: 'rejected', reason: { message: 'gone' } }]);
    expect(await metricValue(dependencies, 'millrace_gateway_followers')).toBe(0);
    expect(getEventListeners(client.signal, 'abort')).toEqual([]);
  } finally {
    await relay.stop();
  }
});
