import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { StageDependencies } from '@millrace/stage';
import { startTestNats, type TestNats } from '@millrace/testkit';
import { claimIdempotencyKey } from './idempotency.ts';
import { payloadHash } from './payload-hash.ts';
import { readGeneration } from './read-generation.ts';
import { newGatewayName, startRelay, type Relay } from './start-relay.ts';
import type { Submission } from './submission.ts';
import {
  newTenant,
  openScriptedWriter,
  principalOf,
  startTestPlatform,
  testRelaySettings,
  type TestPlatform,
} from './testing.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let nats: TestNats;
let platform: TestPlatform;
let stage: StageDependencies;
let relays: readonly [Relay, Relay];
const never = new AbortController().signal;

beforeAll(async () => {
  nats = await startTestNats();
  platform = await startTestPlatform(nats.url);
  stage = await platform.connect();
  const start = async (): Promise<Relay> =>
    startRelay({ ...(await platform.connect()), gateway: newGatewayName() }, testRelaySettings);
  relays = [await start(), await start()];
}, 30_000);

afterAll(async () => {
  for (const relay of relays) await relay.stop();
  await platform.stop();
  await nats.stop();
});

function submission(tenant: string, content = 'Hello'): Submission {
  return {
    principal: principalOf(tenant),
    transport: 'HTTP',
    idempotencyKey: 'key',
    generation: readGeneration({ prompt: content, max_tokens: 16, temperature: 0 }),
  };
}

async function textOf(relay: Relay, requestId: string, tenant: string): Promise<string> {
  let text = '';
  for await (const event of relay.follow(requestId, { principal: principalOf(tenant), signal: never })) {
    if (event.type === 'chunk') text += event.text;
  }
  return text;
}

async function requestsOf(tenant: string): Promise<number> {
  let count = 0;
  for await (const _ of stage.bus.read('RECEIVED', `mr.request.received.${tenant}`)) count += 1;
  return count;
}

test('the same key and payload on any gateway is one request, followed from its start, also when it has ended', async () => {
  const tenant = newTenant();
  const accepted = await Promise.all(relays.map((relay) => relay.submit(submission(tenant))));
  const requestId = accepted[0]?.requestId ?? '';
  expect(accepted.map((one) => one.requestId)).toEqual([requestId, requestId]);
  expect(accepted.filter(({ attached }) => !attached)).toHaveLength(1);
  expect(await requestsOf(tenant)).toBe(1);
  const first = await stage.bus.lastMessage('RESULTS', `mr.result.*.${requestId}`);
  const gateway = first?.subject.split('.')[2] ?? '';
  const texts = relays.map((relay) => textOf(relay, requestId, tenant));
  const writer = await openScriptedWriter(stage, { gateway, requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('one answer');
  await writer.finish();
  expect(await Promise.all(texts)).toEqual(['one answer', 'one answer']);
  const late = await relays[0].submit(submission(tenant));
  expect(late).toMatchObject({ requestId, attached: true });
  expect(await textOf(relays[0], requestId, tenant)).toBe('one answer');
});

test('the same key with another payload is refused; for another tenant it is another key', async () => {
  const tenant = newTenant();
  await relays[0].submit(submission(tenant));
  const other = submission(tenant, 'Other');
  await expect(relays[1].submit(other)).rejects.toMatchObject({
    code: 'idempotency_key_reused',
    param: 'Idempotency-Key',
  });
  await expect(relays[1].submit({ ...other, transport: 'WEBSOCKET' })).rejects.toMatchObject({
    code: 'idempotency_key_reused',
    param: 'idempotency_key',
  });
  expect(await relays[1].submit(submission(newTenant(), 'Other'))).toMatchObject({ attached: false });
});

test('end users of two API keys do not share idempotency keys', async () => {
  const tenant = newTenant();
  const principals = ['one', 'other'].map((key_id) => principalOf(tenant, { key_id, roles: ['end-user'] }));
  const requestIds = new Set<string>();
  for (const principal of principals) {
    const { requestId, attached } = await relays[0].submit({ ...submission(tenant), principal });
    expect(attached).toBe(false);
    requestIds.add(requestId);
  }
  expect(requestIds.size).toBe(2);
});

test('a request that was claimed and never published, since its gateway crashed, is published by the next try', async () => {
  const tenant = newTenant();
  const wanted = submission(tenant);
  const requestId = '01890000-0000-7000-8000-00000000000a';
  const box = await platform.sealing.forTenant(tenant);
  const entry = { requestId, gateway: 'crashed', payloadHash: payloadHash(wanted.generation) };
  await claimIdempotencyKey(
    { bucket: stage.bus.bucket('IDEMPOTENCY'), codec: stage.codec, box },
    { tenant, key: 'key', round: 0, param: 'Idempotency-Key' },
    entry,
  );
  expect(await relays[0].submit(wanted)).toMatchObject({ requestId, attached: true });
  expect(await requestsOf(tenant)).toBe(1);
  const text = textOf(relays[0], requestId, tenant);
  const writer = await openScriptedWriter(stage, { gateway: 'crashed', requestId, tenant });
  await writer.attempt(1);
  await writer.chunk('after all');
  await writer.finish();
  expect(await text).toBe('after all');
});

test('a request that failed in a way that is worth another try is tried again under the same key', async () => {
  const tenant = newTenant();
  const { requestId } = await relays[0].submit(submission(tenant));
  const writer = await openScriptedWriter(stage, { gateway: relays[0].gateway, requestId, tenant });
  const failure = {
    code: 'rate_limit_exceeded',
    message: 'Slow down.',
    param: null,
    retryable: true,
    retry_after_ms: null,
  };
  await writer.finish({ outcome: 'REJECTED', failure, finish_reason: null });
  const again = await relays[1].submit(submission(tenant));
  expect(again.attached).toBe(false);
  expect(again.requestId).not.toBe(requestId);
  expect(await relays[0].submit(submission(tenant))).toMatchObject({
    requestId: again.requestId,
    attached: true,
  });
});

test('nothing of key or payload can be read in the bucket', async () => {
  const tenant = newTenant();
  await relays[0].submit({ ...submission(tenant, 'my secret'), idempotencyKey: 'order-4711' });
  for await (const { payload, subject } of stage.bus.read('KV_IDEMPOTENCY', '$KV.IDEMPOTENCY.>')) {
    const stored = subject + Buffer.from(payload).toString('latin1');
    expect(stored).not.toContain('order-4711');
    expect(stored).not.toContain(tenant);
    expect(stored).not.toContain('request');
  }
});
