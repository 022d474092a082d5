import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus, Delivery } from '@millrace/bus';
import { createCodec, subjects, type RequestReceived } from '@millrace/contracts';
import { createMetrics, ManualClock, MillraceError, stopInReverse } from '@millrace/runtime';
import {
  cancelRequest,
  watchCancellations,
  type Cancellations,
  type StageDependencies,
} from '@millrace/stage';
import { deliverAll, readAll } from '@millrace/stage/testing';
import type { Admission } from './admission.ts';
import { startTestPlatform, type TestPlatform } from './auth-quota.fixture.ts';
import { onRequestReceived } from './on-request-received.ts';
import { startAuthQuota } from './service.ts';
import { createTenant } from '@millrace/control-plane';
import { closingOf, countOf, noKeyUses, publishRequest, requestOf } from './testing.ts';

const codec = createCodec();
const clock = new ManualClock();
let platform: TestPlatform;
let bus: Bus;
let cancellations: Cancellations;

beforeAll(async () => {
  platform = await startTestPlatform(clock);
  ({ bus } = platform);
  cancellations = await watchCancellations({ bus, codec });
}, 60_000);
afterAll(() => stopInReverse([platform, cancellations]));

const dependenciesOn = (replicaBus: Bus): StageDependencies => ({
  ...platform.dependencies,
  bus: replicaBus,
  metrics: createMetrics(),
});

function replica(changes: { readonly bus?: Bus; readonly admission?: Admission } = {}) {
  return onRequestReceived(
    dependenciesOn(changes.bus ?? bus),
    changes.admission ?? platform.admission(),
    cancellations,
    noKeyUses,
  );
}

async function newTenant(
  limits: { readonly requestsPerMinute?: number; readonly maxInFlight?: number } = {},
): Promise<string> {
  const id = `tenant.${randomUUID()}`;
  await createTenant(platform.database, { id, requestsPerMinute: 1_000, maxInFlight: 1_000, ...limits });
  return id;
}

/** Stores requests of a tenant. */
async function requestSome(
  tenant: string,
  count: number,
  changes: Partial<RequestReceived> = {},
): Promise<RequestReceived[]> {
  const requests = Array.from({ length: count }, () => requestOf(tenant, clock, changes));
  for (const request of requests) await publishRequest(bus, codec, request);
  return requests;
}

const received = (tenant: string, deliveryCount = 1): Promise<readonly Delivery[]> =>
  deliverAll(bus, 'RECEIVED', subjects.received(tenant), deliveryCount);
const admittedCount = (tenant: string) => countOf(bus, 'ADMITTED', subjects.admitted(tenant));

async function closingsOf(tenant: string) {
  const stored = await readAll(bus.read('CLOSED', subjects.closed(tenant, '*')));
  return stored.map(({ payload }) => codec.decode('request.closed', payload));
}

describe('admission', () => {
  it('passes a request on with its decision in the trail, and the content as it was', async () => {
    const tenant = await newTenant();
    const [request] = await requestSome(tenant, 1);
    expect(await replica()(await received(tenant))).toEqual([true]);
    const [stored] = await deliverAll(bus, 'ADMITTED', subjects.admitted(tenant));
    const admitted = codec.decode('request.admitted', stored!.payload);
    expect(admitted).toEqual({
      ...request,
      content: admitted.content,
      trail: [
        {
          stage: 'auth-quota',
          at: clock.now(),
          outcome: 'admitted',
          code: null,
          facts: { reserved_tokens: '48', reserved_amount: '0.048' },
        },
      ],
    });
    expect(Buffer.from(admitted.content).toString()).toBe('sealed content');
  });

  it('publishes after a crash between commit and publishing, and counts once', async () => {
    const tenant = await newTenant({ requestsPerMinute: 3 });
    await requestSome(tenant, 3);
    const broken = { ...bus, publish: () => Promise.reject(new MillraceError('unavailable', 'gone')) };
    expect(await replica({ bus: broken })(await received(tenant))).toEqual([false, false, false]);
    expect(await admittedCount(tenant)).toBe(0);
    await clock.advance(100);
    expect(await replica()(await received(tenant, 2))).toEqual([true, true, true]);
    expect(await admittedCount(tenant)).toBe(3);
    const [stored] = await deliverAll(bus, 'ADMITTED', subjects.admitted(tenant));
    expect(codec.decode('request.admitted', stored!.payload).trail[0]?.at).toBe(clock.now() - 100);
  });

  it('publishes nothing twice after a crash between publishing and ack', async () => {
    const tenant = await newTenant();
    await requestSome(tenant, 2);
    await replica()(await received(tenant));
    expect(await replica()(await received(tenant, 2))).toEqual([true, true]);
    expect(await admittedCount(tenant)).toBe(2);
  });

  it('gives a refused request the same answer when it is delivered again, and closes it once', async () => {
    const tenant = await newTenant({ requestsPerMinute: 1 });
    await requestSome(tenant, 3);
    await replica()(await received(tenant));
    await replica()(await received(tenant, 2));
    const closings = await closingsOf(tenant);
    expect(closings).toHaveLength(2);
    for (const { outcome, failure, usage, trail } of closings) {
      expect(outcome).toBe('REJECTED');
      expect(failure).toMatchObject({
        code: 'rate_limit_exceeded',
        retryable: true,
        retry_after_ms: expect.any(Number),
      });
      expect(usage.source).toBe('NONE');
      expect(trail.at(-1)).toMatchObject({
        stage: 'auth-quota',
        outcome: 'rejected',
        code: 'rate_limit_exceeded',
      });
    }
  });

  it('begins to count anew in the next minute', async () => {
    const tenant = await newTenant({ requestsPerMinute: 1 });
    await requestSome(tenant, 1);
    await replica()(await received(tenant));
    await clock.advance(60_000);
    await requestSome(tenant, 1);
    await replica()(await received(tenant));
    expect(await admittedCount(tenant)).toBe(2);
  });

  it('closes what was cancelled or came too late, and does not count it', async () => {
    const tenant = await newTenant({ requestsPerMinute: 1 });
    const [late, cancelled] = await requestSome(tenant, 2);
    await requestSome(tenant, 1, { deadline_at: clock.now() + 100_000 });
    await clock.advance(60_000);
    await cancelRequest({ bus, codec, clock }, cancelled!, 'client');
    await new Promise<void>(
      (resolve) => void cancellations.onCancelled(cancelled!.request_id, () => resolve()),
    );
    await replica()(await received(tenant));
    const outcomes = new Map(
      (await closingsOf(tenant)).map(({ request_id, outcome }) => [request_id, outcome]),
    );
    expect(outcomes).toEqual(
      new Map([
        [late!.request_id, 'EXPIRED'],
        [cancelled!.request_id, 'CANCELLED'],
      ]),
    );
    expect(await admittedCount(tenant)).toBe(1);
  });

  it('refuses requests of a tenant that does not exist, and the rest of the batch goes on', async () => {
    const [unknown, known] = [`tenant.${randomUUID()}`, await newTenant()];
    await requestSome(unknown, 1);
    await requestSome(known, 1);
    const batch = [...(await received(unknown)), ...(await received(known))];
    expect(await replica()(batch)).toEqual([true, true]);
    expect((await closingsOf(unknown))[0]?.failure?.code).toBe('permission_denied');
    expect(await admittedCount(known)).toBe(1);
  });

  it('puts a corrupt message among the dead letters, sealed, and admits the rest of its batch', async () => {
    const tenant = await newTenant();
    await bus.publish({ subject: subjects.received(tenant), payload: Buffer.from('no event at all') });
    await requestSome(tenant, 1);
    expect(await replica()(await received(tenant))).toEqual([true, true]);
    expect(await admittedCount(tenant)).toBe(1);
    const letter = await bus.lastMessage('DEADLETTER', subjects.deadLetter('auth-quota', tenant));
    expect(codec.decode('dead.letter', letter!.payload)).toMatchObject({
      stage: 'auth-quota',
      stream: 'RECEIVED',
      code: 'message_corrupt',
    });
    expect(Buffer.from(letter!.payload).includes('no event at all')).toBe(false);
  });
});

describe('requests in flight', () => {
  it('are looked at once more before one is refused, and a closing makes room', async () => {
    const tenant = await newTenant({ maxInFlight: 2 });
    const [first] = await requestSome(tenant, 3);
    expect(await replica()(await received(tenant))).toEqual([true, true, false]);
    expect(await closingsOf(tenant)).toEqual([]);
    const admission = platform.admission();
    const closing = closingOf(first!);
    await admission.settle([closing]);
    await admission.settle([closing]);
    expect(await replica()(await received(tenant, 2))).toEqual([true, true, true]);
    expect(await admittedCount(tenant)).toBe(3);

    await requestSome(tenant, 1);
    expect(await replica()((await received(tenant, 2)).slice(-1))).toEqual([true]);
    expect((await closingsOf(tenant)).map(({ failure }) => failure?.code)).toEqual(['too_many_in_flight']);
  });
});

describe('the queue of a model', () => {
  it('takes no more than its limit of all tenants together, and a closing makes room', async () => {
    const model = `model-${randomUUID()}`;
    const tenants = [await newTenant(), await newTenant()];
    const [first] = await requestSome(tenants[0]!, 2, { model });
    await requestSome(tenants[1]!, 2, { model });
    const narrow = replica({ admission: platform.admission(3) });
    for (const tenant of tenants) expect(await narrow(await received(tenant))).toEqual([true, true]);
    expect(await Promise.all(tenants.map(admittedCount))).toEqual([2, 1]);
    const [refused] = await closingsOf(tenants[1]!);
    expect(refused).toMatchObject({
      outcome: 'REJECTED',
      failure: { code: 'overloaded', retryable: true, retry_after_ms: 1_000 },
      usage: { source: 'NONE' },
    });

    const closing = closingOf(first!);
    await platform.admission().settle([closing]);
    await requestSome(tenants[1]!, 1, { model });
    expect(await narrow((await received(tenants[1]!)).slice(-1))).toEqual([true]);
    expect(await admittedCount(tenants[1]!)).toBe(2);
  });
});

describe('two replicas', () => {
  it('admit exactly the limit of 200 requests that come at once', async () => {
    const tenant = await newTenant({ requestsPerMinute: 50 });
    const settings = {
      ackWaitMs: 10_000,
      maxBatch: 16,
      maxQueue: 1_000,
      maxDeliveries: 5,
      closingMaxDeliveries: 5,
      reaperGraceMs: 30_000,
      reaperWaitingGraceMs: 2_000,
      reaperIntervalMs: 5_000,
      oidcPrivate: false,
    };
    const buses = [await platform.connect(), await platform.connect()];
    const services = await Promise.all(
      buses.map((replicaBus) =>
        startAuthQuota({ ...dependenciesOn(replicaBus), database: platform.database }, settings),
      ),
    );
    const requests = Array.from({ length: 200 }, () => requestOf(tenant, clock));
    await Promise.all(requests.map((request) => publishRequest(bus, codec, request)));
    await expect
      .poll(() => Promise.all([admittedCount(tenant), closingsOf(tenant).then(({ length }) => length)]), {
        timeout: 30_000,
      })
      .toEqual([50, 150]);
    expect(await Promise.all(services.map(async (service) => service.ready()))).toEqual([
      undefined,
      undefined,
    ]);
    for (const service of services) await service.stop();
    for (const replicaBus of buses) await replicaBus.stop();
  }, 60_000);

  it('that get the same requests decide on each of them once', async () => {
    const tenant = await newTenant({ requestsPerMinute: 20 });
    await requestSome(tenant, 40);
    const deliveries = await received(tenant);
    const other = await platform.connect();
    const batches = [deliveries, deliveries.toReversed(), deliveries.slice(10, 30)];
    await Promise.all(batches.map((batch, index) => replica({ bus: index === 1 ? other : bus })(batch)));
    await other.stop();
    expect(await admittedCount(tenant)).toBe(20);
    expect(await closingsOf(tenant)).toHaveLength(20);
  });
});
