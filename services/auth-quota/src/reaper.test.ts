import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createCodec, subjects, type RequestReceived } from '@millrace/contracts';
import { ManualClock } from '@millrace/runtime';
import { decide, openResultLog, resultRecord, type StageDependencies } from '@millrace/stage';
import type { Admission } from './admission.ts';
import { startTestPlatform, type TestPlatform } from './auth-quota.fixture.ts';
import { reapOnce, startReaper } from './reaper.ts';
import { createTenant } from '@millrace/control-plane';
import { askedOf, publishRequest, requestOf } from './testing.ts';

const codec = createCodec();
const clock = new ManualClock();
const options = { graceMs: 30_000, waitingGraceMs: 2_000, intervalMs: 5_000 };
let platform: TestPlatform;
let dependencies: StageDependencies;
let admission: Admission;

beforeAll(async () => {
  platform = await startTestPlatform(clock);
  ({ dependencies } = platform);
  admission = platform.admission();
}, 60_000);
afterAll(() => platform.stop());

/** A request that was admitted and then left alone. */
async function admitOne() {
  const tenant = `tenant.${randomUUID()}`;
  await createTenant(platform.database, { id: tenant });
  const request = requestOf(tenant, clock);
  await publishRequest(platform.bus, codec, request);
  await admission.claim([askedOf(codec, request)]);
  return request;
}

const reap = () => reapOnce(dependencies, admission, options);

async function closingOf({ tenant, request_id }: { readonly tenant: string; readonly request_id: string }) {
  const stored = await platform.bus.lastMessage('CLOSED', subjects.closed(tenant, request_id));
  return stored && codec.decode('request.closed', stored.payload);
}

/** What a worker publishes of the first choices. */
async function publishTokens(request: RequestReceived, ...counts: readonly number[]): Promise<void> {
  const log = await openResultLog(dependencies, request);
  for (const [choice, tokens] of counts.entries()) {
    const chunk = { kind: 'CHUNK', at: clock.now(), attempt: 1, choice, token_count: tokens } as const;
    await log.append(resultRecord(request, { ...chunk, content: Buffer.from('sealed') }));
  }
}

it('ends a request that nobody has begun soon after its deadline, and no earlier', async () => {
  const request = await admitOne();
  await clock.advance(62_000);
  expect(await reap()).toBe(0);
  expect(await closingOf(request)).toBeUndefined();

  await clock.advance(1);
  expect(await reap()).toBe(1);
  const closing = await closingOf(request);
  expect(closing).toMatchObject({
    outcome: 'EXPIRED',
    failure: { code: 'deadline_exceeded' },
    usage: { source: 'NONE', characters_in: 14 },
  });
  expect(closing?.trail.map(({ outcome }) => outcome)).toEqual(['admitted', 'expired']);
  expect(await reap()).toBe(0);
});

it('leaves one that was begun to its workers for longer, then ends it, charged for what was published', async () => {
  const request = await admitOne();
  await publishTokens(request, 5, 2);
  await clock.advance(90_000);
  expect(await reap()).toBe(0);
  expect(await closingOf(request)).toBeUndefined();

  await clock.advance(1);
  expect(await reap()).toBe(1);
  expect(await closingOf(request)).toMatchObject({
    outcome: 'EXPIRED',
    failure: { code: 'deadline_exceeded' },
    usage: { output_tokens: 7, input_tokens: 0, source: 'ENGINE' },
  });
});

it('closes a request whose results are finished as they say', async () => {
  const request = await admitOne();
  const log = await openResultLog(dependencies, request);
  const usage = {
    input_tokens: 3,
    cached_input_tokens: 0,
    output_tokens: 5,
    characters_in: 14,
    characters_out: 9,
    source: 'ENGINE',
  } as const;
  await log.append({
    request_id: request.request_id,
    tenant: request.tenant,
    kind: 'FINISHED',
    at: clock.now(),
    attempt: 1,
    first_position: 0,
    token_count: 0,
    content: null,
    opened: null,
    choice: 0,
    cache: null,
    served_by: null,
    finished: {
      cache: null,
      served_by: null,
      outcome: 'COMPLETED',
      finish_reason: 'stop',
      finish_reasons: [],
      failure: null,
      usage,
      timings: { queue_ms: 1, prefill_ms: 1, time_to_first_token_ms: 2, total_ms: 3 },
      model_version: '1',
      text_digest: null,
      decision: decide(clock, 'inference', 'completed'),
    },
  });
  await clock.advance(90_001);
  expect(await reap()).toBe(1);
  expect(await closingOf(request)).toMatchObject({ outcome: 'COMPLETED', usage, attempt: 1 });
});

it('leaves the work to the replica that is at it', async () => {
  const request = await admitOne();
  await clock.advance(90_001);
  const inside = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  const first = admission.withOverdue(clock.now() - options.graceMs, 10, async () => {
    inside.resolve();
    await leave.promise;
  });
  await inside.promise;
  expect(
    await admission.withOverdue(clock.now() - options.graceMs, 10, () =>
      Promise.reject(new Error('not mine')),
    ),
  ).toBe(0);
  leave.resolve();
  expect(await first).toBe(1);
  expect(await closingOf(request)).toBeUndefined();
});

it('looks again at each interval', async () => {
  const reaper = startReaper(dependencies, admission, options);
  onTestFinished(() => reaper.stop());
  const request = await admitOne();
  const later = async () => {
    await clock.advance(options.intervalMs);
    return closingOf(request);
  };
  await expect.poll(later, { timeout: 10_000 }).toMatchObject({ outcome: 'EXPIRED' });
}, 20_000);
