import { randomUUID } from 'node:crypto';
import { connectNats, type Bus } from '@millrace/bus';
import {
  bucketDefinitions,
  controlKeys,
  createCodec,
  streamDefinitions,
  subjects,
  type ProtectionPublished,
  type RequestClosed,
} from '@millrace/contracts';
import { defaultPiiPolicy } from '@millrace/pii-policy';
import { createLogger, createMetrics, stopInReverse, systemClock, type Stoppable } from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import {
  cancelRequest,
  openContent,
  openResultLog,
  resultRecord,
  sealContent,
  watchCancellations,
  watchPiiPolicies,
  type Cancellations,
  type MaskedContent,
  type PiiPolicies,
  type RequestEvent,
  type StageDependencies,
} from '@millrace/stage';
import { deliverAll, receivedOf } from '@millrace/stage/testing';
import { startTestNats } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onRequestAdmitted, type ScrubbingDependencies } from './on-request-admitted.ts';
import { createPiiMetrics } from './pii-metrics.ts';
import { createScrubber, type Scrubber } from './scrubber.ts';

const codec = createCodec();
const parts: Stoppable[] = [];
const mail = 'ann@corp.example';
let bus: Bus;
let dependencies: StageDependencies;
let policies: PiiPolicies;
let cancellations: Cancellations;
let scrubber: Scrubber;

beforeAll(async () => {
  const logger = createLogger({ service: 'pii', level: 'silent' });
  const nats = await startTestNats();
  parts.push(nats);
  bus = await connectNats({ url: nats.url, name: 'pii-test', logger });
  parts.push(bus);
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const sealing = await createSealing(new Uint8Array(32), createMemoryKeyStore());
  dependencies = { bus, codec, sealing, clock: systemClock, logger, metrics: createMetrics() };
  policies = await watchPiiPolicies(dependencies);
  cancellations = await watchCancellations(dependencies);
  scrubber = createScrubber({ clock: systemClock, threads: 1, limitMs: 60_000 });
  parts.push(policies, cancellations, scrubber);
}, 60_000);
afterAll(() => stopInReverse(parts));

const newTenant = (): string => `tenant-${randomUUID()}`;

async function requestOf(tenant: string, text: string): Promise<RequestEvent> {
  const event = receivedOf(tenant, systemClock.now());
  const box = await dependencies.sealing.forTenant(tenant);
  const content = { messages: [{ role: 'user', content: text }], stop: [] } as const;
  const request = { ...event, content: sealContent(box, event.request_id, 'request', content) };
  const log = await openResultLog(dependencies, request);
  const { principal, transport, model, received_at, deadline_at } = request;
  const opened = { principal, transport, model, received_at, deadline_at, choices: 1 };
  await log.append(resultRecord(request, { kind: 'OPENED', at: received_at, opened }));
  return request;
}

/** Looks a request through, as the stage does. */
async function handle(event: RequestEvent, changes: Partial<ScrubbingDependencies> = {}): Promise<void> {
  const subject = subjects.admitted(event.tenant);
  await bus.publish({ subject, payload: codec.encode('request.admitted', event) });
  const [delivery] = await deliverAll(bus, 'ADMITTED', subject);
  const piiMetrics = createPiiMetrics(dependencies.metrics);
  const scrubbing = {
    ...dependencies,
    cancellations,
    policies,
    scrubber,
    piiMetrics,
    ackWaitMs: 10_000,
    ...changes,
  };
  await onRequestAdmitted(scrubbing)({ event, delivery: delivery! });
}

async function closingOf(event: RequestEvent): Promise<RequestClosed | undefined> {
  const stored = await bus.lastMessage('CLOSED', subjects.closed(event.tenant, event.request_id));
  return stored === undefined ? undefined : codec.decode('request.closed', stored.payload);
}

/** What was passed on of a request. */
async function passedOn(event: RequestEvent): Promise<string | undefined> {
  const box = await dependencies.sealing.forTenant(event.tenant);
  for await (const { payload } of bus.read('SCRUBBED', '>')) {
    const scrubbed = codec.decode('request.scrubbed', payload);
    if (scrubbed.request_id !== event.request_id) continue;
    return openContent(box, event.request_id, 'request', scrubbed.content).messages[0]?.content;
  }
  return undefined;
}

async function maskedOf(event: RequestEvent): Promise<MaskedContent> {
  const { last } = await openResultLog(dependencies, event);
  const box = await dependencies.sealing.forTenant(event.tenant);
  return openContent(box, event.request_id, 'masked', last!.content!);
}

async function publishPolicy(changes: Partial<ProtectionPublished> & { readonly tenant: string }) {
  const nothing = { actions: {}, output_actions: {}, patterns: [], allow: [], restore: true };
  const policy = { ...nothing, version: 1, at: 0, ...changes };
  await bus
    .bucket('CONTROL')
    .put(controlKeys.protection(changes.tenant), codec.encode('protection.published', policy));
  await expect.poll(() => policies.of(changes.tenant)).not.toBe(defaultPiiPolicy);
}

async function findingsOf(event: RequestEvent): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { payload } of bus.read('FINDINGS', subjects.found(event.tenant))) {
    const { direction, findings } = codec.decode('pii.found', payload);
    found.push(direction, ...findings);
  }
  return found;
}

it.each([
  ['that nobody has begun costs nothing', 0, 'NONE'],
  ['that a worker has begun costs what was published', 5, 'ENGINE'],
] as const)('a cancelled request %s', async (_what, tokens, source) => {
  const event = await requestOf(newTenant(), 'hello');
  if (tokens > 0) {
    const log = await openResultLog(dependencies, event);
    const chunk = { kind: 'CHUNK', at: event.received_at, attempt: 1, token_count: tokens } as const;
    await log.append(resultRecord(event, { ...chunk, content: Buffer.from('sealed') }));
  }
  await cancelRequest(dependencies, event, 'disconnected');
  await expect.poll(() => cancellations.get(event.request_id)).toBeDefined();
  await handle(event);
  expect(await closingOf(event)).toMatchObject({
    outcome: 'CANCELLED',
    usage: { output_tokens: tokens, source },
  });
});

it('replaces by default, tells what was found, and keeps what the way out needs', async () => {
  const event = await requestOf(newTenant(), `Write to ${mail}.`);
  await handle(event);
  expect(await passedOn(event)).toBe('Write to <EMAIL_1>.');
  expect(await maskedOf(event)).toEqual({ mapping: { EMAIL_1: mail } });
  expect(await findingsOf(event)).toEqual(['INPUT', { type: 'EMAIL_ADDRESS', action: 'replace', count: 1 }]);
});

it('does what the policy of the tenant says, which goes with the results', async () => {
  const tenant = newTenant();
  await publishPolicy({ tenant, actions: { EMAIL_ADDRESS: 'hash' }, restore: false });
  const [first, second] = [await requestOf(tenant, mail), await requestOf(tenant, mail)];
  await handle(first);
  await handle(second);
  const written = await passedOn(first);
  expect(written).toMatch(/^<EMAIL_ADDRESS_[0-9a-f]{12}>$/);
  expect(await passedOn(second)).toBe(written);
  expect(await maskedOf(first)).toMatchObject({
    mapping: {},
    policy: { actions: { EMAIL_ADDRESS: 'hash' }, restore: false },
  });
  const other = newTenant();
  await publishPolicy({ tenant: other, actions: { EMAIL_ADDRESS: 'hash' } });
  const elsewhere = await requestOf(other, mail);
  await handle(elsewhere);
  expect(await passedOn(elsewhere)).not.toBe(written);
});

it('ends a request that has what is blocked', async () => {
  const tenant = newTenant();
  await publishPolicy({ tenant, actions: { EMAIL_ADDRESS: 'block' } });
  const event = await requestOf(tenant, `Write to ${mail}.`);
  await handle(event);
  expect(await passedOn(event)).toBeUndefined();
  const closing = await closingOf(event);
  expect(closing).toMatchObject({
    outcome: 'BLOCKED',
    failure: { code: 'content_blocked', retryable: false },
  });
  expect(JSON.stringify(closing)).not.toContain('corp.example');
  expect(closing?.trail.at(-1)).toMatchObject({ outcome: 'blocked', facts: { 'EMAIL_ADDRESS.block': '1' } });
  expect(await findingsOf(event)).toEqual(['INPUT', { type: 'EMAIL_ADDRESS', action: 'block', count: 1 }]);
});

it('counts what is blocked in content that is looked through in a thread', async () => {
  const tenant = newTenant();
  await publishPolicy({ tenant, actions: { EMAIL_ADDRESS: 'block' } });
  const event = await requestOf(tenant, `${'Nothing here. '.repeat(1_000)}Write to ${mail}.`);
  await handle(event);
  expect(await closingOf(event)).toMatchObject({ outcome: 'BLOCKED' });
  expect(await findingsOf(event)).toEqual(['INPUT', { type: 'EMAIL_ADDRESS', action: 'block', count: 1 }]);
});

it('refuses what fits into no message with what stands for personal data', async () => {
  const tenant = newTenant();
  const type = 'Q'.repeat(48);
  await publishPolicy({ tenant, patterns: [{ type, pattern: 'q' }], actions: { [type]: 'mask' } });
  const event = await requestOf(tenant, '\u0001'.repeat(560_000) + 'q'.repeat(20_000));
  await handle(event);
  expect(await passedOn(event)).toBeUndefined();
  expect(await closingOf(event)).toMatchObject({
    outcome: 'REJECTED',
    failure: { code: 'payload_too_large', retryable: false },
  });
});

it('passes nothing on where the policy cannot be read', async () => {
  const tenant = newTenant();
  await bus.bucket('CONTROL').put(controlKeys.protection(tenant), Buffer.from('no event'));
  await expect.poll(() => isReadable(tenant)).toBe(false);
  const event = await requestOf(tenant, 'hello');
  await handle(event);
  expect(await passedOn(event)).toBeUndefined();
  expect(await closingOf(event)).toMatchObject({
    outcome: 'FAILED',
    failure: { code: 'pii_unavailable', retryable: true },
  });
});

function isReadable(tenant: string): boolean {
  try {
    return policies.of(tenant) !== undefined;
  } catch {
    return false;
  }
}

it('passes nothing on where the check fails', async () => {
  const event = await requestOf(newTenant(), mail);
  const failing: Scrubber = {
    ...scrubber,
    scrubNow() {
      throw new TypeError('a detector is broken');
    },
  };
  await expect(handle(event, { scrubber: failing })).rejects.toThrow('a detector is broken');
  expect(await passedOn(event)).toBeUndefined();
});

it('looks long content through in a thread', async () => {
  const event = await requestOf(newTenant(), `${'word '.repeat(10_000)} ${mail}`);
  await handle(event);
  expect((await passedOn(event))?.endsWith(' <EMAIL_1>')).toBe(true);
});

it('passes nothing on where the model of names fails', async () => {
  const classifier = { classify: () => Promise.reject(new Error('broken')) };
  const byModel = createScrubber({ clock: systemClock, threads: 1, limitMs: 60_000, classifier });
  const event = await requestOf(newTenant(), 'Ada Moyo');
  await handle(event, { scrubber: byModel });
  expect(await passedOn(event)).toBeUndefined();
  expect(await closingOf(event)).toMatchObject({
    outcome: 'FAILED',
    failure: { code: 'pii_unavailable', retryable: true },
  });
});

it('ends a request whose check takes too long, and goes on with the next', async () => {
  const slow = createScrubber({ clock: systemClock, threads: 1, limitMs: 1 });
  const event = await requestOf(newTenant(), 'a@b.c '.repeat(30_000));
  await handle(event, { scrubber: slow });
  expect(await closingOf(event)).toMatchObject({ outcome: 'FAILED', failure: { code: 'pii_unavailable' } });
  expect(await passedOn(event)).toBeUndefined();
  await slow.stop();
});

it('stops to look at a request that is cancelled meanwhile', async () => {
  const event = await requestOf(newTenant(), '1 '.repeat(400_000));
  const handled = handle(event);
  await cancelRequest(dependencies, event, 'client');
  await handled;
  expect(await passedOn(event)).toBeUndefined();
  expect(await closingOf(event)).toMatchObject({ outcome: 'CANCELLED' });
});
