import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { controlKeys } from '@millrace/contracts';
import { ManualClock } from '@millrace/runtime';
import { startTestNats } from '@millrace/testkit';
import {
  collect,
  never,
  runOneRequest,
  startRelayTest,
  submission,
  type RelayTest,
} from './relay.fixture.ts';
import { newTenant, openScriptedWriter, principalOf } from './testing.ts';

let context: RelayTest;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

beforeAll(async () => {
  context = await startRelayTest(await startTestNats());
});

afterEach(() => context.stopGateways());

afterAll(() => context.stop());

test('a request whose client does not come back is cancelled after the grace period, once and not before', async () => {
  const clock = new ManualClock(Date.now());
  const relay = await context.gateway({}, clock);
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const cancelled = Promise.withResolvers<string>();
  const watch = await context.stage.bus
    .bucket('CONTROL')
    .watch(controlKeys.cancellation(requestId), ({ value }) => {
      if (value !== undefined)
        cancelled.resolve(context.stage.codec.decode('request.cancelled', value).reason);
    });
  relay.abandon({ requestId, isOwn: true }, 60_000);
  await clock.advance(59_999);
  expect(await context.stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId))).toBeUndefined();
  await clock.advance(1);
  expect(await cancelled.promise).toBe('disconnected');
  await watch.stop();
});

test('a request that is resumed, here or on another gateway, is not cancelled', async () => {
  const clock = new ManualClock(Date.now());
  const [first, second] = [await context.gateway({}, clock), await context.gateway({}, clock)];
  const tenant = newTenant();
  const principal = principalOf(tenant);
  for (const other of [first, second]) {
    const { requestId } = await first.submit(submission(tenant));
    const writer = await openScriptedWriter(context.stage, { gateway: first.gateway, requestId, tenant });
    await writer.attempt(1);
    await writer.chunk('one ');
    first.abandon({ requestId, isOwn: true }, 60_000);
    const heard = Promise.withResolvers<undefined>();
    const subscription = await context.stage.bus.subscribe('mr.gateway.*.resumed', () =>
      heard.resolve(undefined),
    );
    const events = other.follow(requestId, { principal, signal: never });
    await events.next();
    if (other === second) {
      await heard.promise;
      // The first gateway has heard it once an answer comes back on its own connection.
      await runOneRequest(context.stage, first, tenant);
    }
    await clock.advance(60_000);
    expect(
      await context.stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId)),
    ).toBeUndefined();
    await writer.finish();
    await collect(events);
    await subscription.stop();
  }
});

test('a client that is taken over by another gateway before its old connection is found dead is not cancelled', async () => {
  const clock = new ManualClock(Date.now());
  const [first, second] = [await context.gateway({}, clock), await context.gateway({}, clock)];
  const tenant = newTenant();
  const principal = principalOf(tenant);
  const { requestId } = await first.submit(submission(tenant));
  const dead = new AbortController();
  const old = first.follow(requestId, { principal, signal: dead.signal });
  const writer = await openScriptedWriter(context.stage, { gateway: first.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('one ');
  await old.next();
  const events = second.follow(requestId, { principal, after: 1, signal: never });
  const waiting = events.next();
  const ended = old.next();
  await writer.chunk('two ');
  await waiting;
  await runOneRequest(context.stage, first, tenant);
  await ended;
  const last = old.next();
  first.abandon({ requestId, isOwn: true }, 60_000);
  dead.abort(new Error('dead'));
  await expect(last).rejects.toThrow('dead');
  await clock.advance(60_000);
  expect(await context.stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId))).toBeUndefined();
  await writer.finish();
  await collect(events);
});

test('a finished request is not cancelled when its client goes', async () => {
  const clock = new ManualClock(Date.now());
  const relay = await context.gateway({}, clock);
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
  await writer.finish();
  relay.abandon({ requestId, isOwn: true }, 1_000);
  await clock.advance(1_000);
  await relay.stop();
  expect(await context.stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId))).toBeUndefined();
});

test('while one of two clients still follows, a request is not cancelled; once both are gone, it is', async () => {
  const clock = new ManualClock(Date.now());
  const relay = await context.gateway({}, clock);
  const tenant = newTenant();
  const principal = principalOf(tenant);
  const { requestId } = await relay.submit(submission(tenant));
  const writer = await openScriptedWriter(context.stage, { gateway: relay.gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('one ');
  const cancelled = Promise.withResolvers<undefined>();
  const control = context.stage.bus.bucket('CONTROL');
  const watch = await control.watch(controlKeys.cancellation(requestId), () => cancelled.resolve(undefined));
  const followers = [0, 1].map(() => relay.follow(requestId, { principal, signal: never }));
  for (const follower of followers) await follower.next();
  relay.abandon({ requestId, isOwn: true }, 1_000);
  await followers[0]?.return();
  await clock.advance(1_000);
  expect(await control.get(controlKeys.cancellation(requestId))).toBeUndefined();
  relay.abandon({ requestId, isOwn: true }, 1_000);
  await followers[1]?.return();
  await clock.advance(1_000);
  await cancelled.promise;
  await watch.stop();
});

test('a gateway that stops leaves no timers behind', async () => {
  const clock = new ManualClock(Date.now());
  const relay = await context.gateway({}, clock);
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  await relay.submit(submission(tenant));
  relay.abandon({ requestId, isOwn: true }, 60_000);
  expect(clock.pending).toBeGreaterThan(0);
  await relay.stop();
  expect(clock.pending).toBe(0);
});

test('a request is not cancelled when someone is gone who wanted to follow it and was not let', async () => {
  const clock = new ManualClock(Date.now());
  const [first, second] = [await context.gateway({}, clock), await context.gateway({}, clock)];
  const { requestId } = await first.submit(submission(newTenant()));
  const stranger = second.follow(requestId, { principal: principalOf(newTenant()), after: 0, signal: never });
  const timers = clock.pending;
  const asked = stranger.next();
  second.abandon({ requestId, isOwn: false }, 1_000);
  await expect(asked).rejects.toMatchObject({ code: 'request_not_found' });
  second.abandon({ requestId, isOwn: false }, 1_000);
  expect(clock.pending).toBe(timers);
});
