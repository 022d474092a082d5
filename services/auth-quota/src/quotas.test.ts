import { randomUUID } from 'node:crypto';
import { and, eq, sql } from '@millrace/store/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '@millrace/bus';
import { createCodec, subjects, type RequestReceived } from '@millrace/contracts';
import { rebuildQuotas, type QuotaLimits, type Scope } from '@millrace/quota';
import { ManualClock, stopInReverse } from '@millrace/runtime';
import { watchCancellations, type Cancellations } from '@millrace/stage';
import { deliverAll, publishClosing, readAll } from '@millrace/stage/testing';
import { claims, organisations, quotas, tenants, type Database } from '@millrace/store';
import type { Admission } from './admission.ts';
import { startTestPlatform, type TestPlatform } from './auth-quota.fixture.ts';
import { createApiKey, createTenant, revokeApiKey } from '@millrace/control-plane';
import { onRequestReceived } from './on-request-received.ts';
import { askedOf, closingOf, noKeyUses, publishRequest, requestOf, tokenPrices, usageOf } from './testing.ts';

const codec = createCodec();
const clock = new ManualClock(Date.UTC(2026, 10, 27, 12));
let platform: TestPlatform;
let database: Database;
let bus: Bus;
let cancellations: Cancellations;
let admission: Admission;

beforeAll(async () => {
  platform = await startTestPlatform(clock);
  ({ database, bus } = platform);
  cancellations = await watchCancellations({ bus, codec });
  admission = platform.admission();
}, 60_000);
afterAll(() => stopInReverse([platform, cancellations]));

/** A project of an organisation of its own, with a key; neither has a limit but those that are given. */
async function newProject(limits: Partial<Record<Scope, Partial<QuotaLimits>>> = {}) {
  const organisation = `org-${randomUUID()}`;
  const tenant = `tenant-${randomUUID()}`;
  await database.insert(organisations).values({ id: organisation, name: organisation });
  await database.insert(quotas).values({ scope: 'organisation', subject: organisation });
  await createTenant(database, { id: tenant, organisation, requestsPerMinute: 1e6, maxInFlight: 1e6 });
  const { keyId } = await createApiKey(database, { tenant });
  const owners = { organisation, project: tenant, user: '', key: keyId, model: '' };
  for (const [scope, changes] of Object.entries(limits) as [Scope, Partial<QuotaLimits>][])
    await database
      .update(quotas)
      .set(changes)
      .where(and(eq(quotas.scope, scope), eq(quotas.subject, owners[scope])));
  const request = (changes: Partial<RequestReceived> = {}): RequestReceived =>
    requestOf(tenant, clock, {
      principal: { key_id: keyId, roles: ['developer'], organisation, user_id: null },
      ...changes,
    });
  return { organisation, tenant, keyId, request };
}

async function claim(requests: readonly RequestReceived[], from = admission) {
  const asked = requests.map((event) => askedOf(codec, event));
  return [...(await from.claim(asked)).values()];
}

async function countsOf(scope: Scope, subject: string) {
  const [row] = await database
    .select()
    .from(quotas)
    .where(and(eq(quotas.scope, scope), eq(quotas.subject, subject)));
  return row;
}

describe('a limit', () => {
  it.each(['organisation', 'project', 'key'] as const)('of the %s holds, and is named', async (scope) => {
    // A request holds 48 tokens in reserve: 32 of input and 16 of output.
    const project = await newProject({ [scope]: { tokensPerDay: 100 } });
    const decisions = await claim([project.request(), project.request(), project.request()]);
    expect(decisions.map(({ refusal }) => refusal?.code)).toEqual([
      undefined,
      undefined,
      'rate_limit_exceeded',
    ]);
    expect(decisions[2]?.refusal).toMatchObject({
      param: `limits.${scope}.tokens_per_day`,
      message: `The ${scope}'s limit of 100 tokens in a day leaves 4, and the request may use 48.`,
    });
  });

  it('of a user holds for all of its keys', async () => {
    const project = await newProject();
    const user = `usr_${randomUUID()}`;
    await database.insert(quotas).values({ scope: 'user', subject: user, maxInFlight: 1 });
    const of = (keyId: string) =>
      project.request({
        principal: { key_id: keyId, roles: [], organisation: project.organisation, user_id: user },
      });
    const decisions = await claim([of('one'), of('other')]);
    expect(decisions.map(({ refusal }) => refusal?.param)).toEqual([undefined, 'limits.user.max_in_flight']);
  });

  it('counts what a request used once it is closed, not what it could have used', async () => {
    const project = await newProject({ project: { budgetPerMonth: '0.1' } });
    const [first, second, third] = [project.request(), project.request(), project.request()];
    expect((await claim([first, second, third])).map(({ refusal }) => refusal?.code)).toEqual([
      undefined,
      undefined,
      'rate_limit_exceeded',
    ]);
    await admission.settle([closingOf(first, { usage: usageOf(10, 1) })]);
    await admission.settle([closingOf(first, { usage: usageOf(10, 1) })]);
    expect(await countsOf('project', project.tenant)).toMatchObject({
      inFlight: 1,
      reservedTokens: 48,
      reservedAmount: '0.0480000000',
      dayTokens: 11,
      monthAmount: '0.0110000000',
    });
    await admission.settle([closingOf(second, { usage: usageOf(1, 1) })]);
    expect((await claim([project.request()]))[0]?.refusal).toBeUndefined();
    expect(await countsOf('organisation', project.organisation)).toMatchObject({
      inFlight: 1,
      monthTokens: 13,
    });
    expect(await countsOf('key', project.keyId)).toMatchObject({ inFlight: 1, monthTokens: 13 });
  });

  it('lets nothing in for a key that was revoked, or while project or organisation is suspended', async () => {
    const revoked = await newProject();
    await revokeApiKey({ bus, codec, clock, database }, revoked.keyId);
    expect((await claim([revoked.request()]))[0]?.refusal?.message).toBe('The API key was revoked.');

    const suspended = await newProject();
    const since = { suspendedAt: new Date() };
    await database.update(tenants).set(since).where(eq(tenants.id, suspended.tenant));
    expect((await claim([suspended.request()]))[0]?.refusal?.code).toBe('permission_denied');
    await database.update(tenants).set({ suspendedAt: null }).where(eq(tenants.id, suspended.tenant));
    await database.update(organisations).set(since).where(eq(organisations.id, suspended.organisation));
    expect((await claim([suspended.request()]))[0]?.refusal?.code).toBe('permission_denied');
  });
});

describe('three replicas', () => {
  it('fill a budget of which a hundredth is left exactly, and never pass it, with 1,000 requests at once', async () => {
    // 100 are spent of 101, a request holds 0.048 in reserve: 20 fit, and one more when three have given back.
    const project = await newProject({ project: { budgetPerMonth: '101' } });
    const spender = project.request({ input_tokens_most: 100_000 });
    expect((await claim([spender]))[0]?.refusal).toBeUndefined();
    await admission.settle([closingOf(spender, { usage: usageOf(100_000, 0) })]);

    const requests = Array.from({ length: 1_000 }, () => project.request());
    const replicas = [platform.admission(), platform.admission(), platform.admission()];
    const batches = Array.from({ length: 50 }, (_, index) => requests.slice(index * 20, index * 20 + 20));
    const passed = async (): Promise<boolean | undefined> => {
      const [row] = await database
        .select({ passed: sql<boolean>`month_amount + reserved_amount > budget_per_month` })
        .from(quotas)
        .where(and(eq(quotas.scope, 'project'), eq(quotas.subject, project.tenant)));
      return row?.passed;
    };
    const decisions = (
      await Promise.all(
        batches.map(async (batch, index) => {
          const decided = await claim(batch, replicas[index % 3]);
          expect(await passed()).toBe(false);
          return decided;
        }),
      )
    ).flat();
    expect(decisions.filter(({ refusal }) => refusal === undefined)).toHaveLength(20);
    expect(await countsOf('project', project.tenant)).toMatchObject({
      inFlight: 20,
      reservedAmount: '0.9600000000',
      monthAmount: '100.0000000000',
    });
    const admitted = requests.filter((_, index) => decisions[index]?.refusal === undefined);
    await admission.settle(admitted.slice(0, 3).map((each) => closingOf(each, { usage: usageOf(20, 10) })));
    // 100.09 are spent, 0.816 in reserve: 0.094 are left, which is one request and not two.
    const more = await claim([project.request(), project.request()]);
    expect(more.map(({ refusal }) => refusal?.code)).toEqual([undefined, 'rate_limit_exceeded']);
    expect(await passed()).toBe(false);
  }, 60_000);
});

const stage = () => onRequestReceived(platform.dependencies, admission, cancellations, noKeyUses);

async function decisionsOf(tenant: string) {
  const stored = await readAll(bus.read('ADMISSIONS', subjects.decided(tenant)));
  return stored.map(({ payload }) => codec.decode('admission.decided', payload));
}

const allQuotas = () => database.select().from(quotas).orderBy(quotas.scope, quotas.subject);

describe('decisions', () => {
  it('are events, one for each batch of a tenant, with what is held in reserve and what was asked', async () => {
    const project = await newProject({ key: { maxInFlight: 1 } });
    const requests = [project.request(), project.request()];
    for (const request of requests) await publishRequest(bus, codec, request);
    await stage()(await deliverAll(bus, 'RECEIVED', subjects.received(project.tenant), 2));
    const [event, ...others] = await decisionsOf(project.tenant);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ tenant: project.tenant, organisation: project.organisation });
    expect(event?.decisions).toMatchObject([
      {
        request_id: requests[0]?.request_id,
        code: null,
        reserved_tokens: 48,
        reserved_amount: '0.0480000000',
      },
      { request_id: requests[1]?.request_id, code: 'too_many_in_flight', reserved_tokens: 0 },
    ]);
    const request = codec.decode('request.received', event!.decisions[0]!.request);
    expect(request.parameters).toEqual(requests[0]?.parameters);
    expect(request.content).toHaveLength(0);
  });

  it('are published again when they were not carried out', async () => {
    const project = await newProject();
    await publishRequest(bus, codec, project.request());
    const failing = {
      ...bus,
      publish: (message: Parameters<Bus['publish']>[0]) =>
        message.subject.startsWith('mr.admission.')
          ? Promise.reject(new Error('the stream is away'))
          : bus.publish(message),
    };
    const broken = onRequestReceived(
      { ...platform.dependencies, bus: failing },
      admission,
      cancellations,
      noKeyUses,
    );
    const deliveries = await deliverAll(bus, 'RECEIVED', subjects.received(project.tenant));
    expect(await broken(deliveries)).toEqual([false]);
    expect(await decisionsOf(project.tenant)).toEqual([]);
    expect(await stage()(await deliverAll(bus, 'RECEIVED', subjects.received(project.tenant), 2))).toEqual([
      true,
    ]);
    expect(await decisionsOf(project.tenant)).toHaveLength(1);
  });

  it('and closings are enough to make the counters anew', async () => {
    const project = await newProject();
    const requests = Array.from({ length: 12 }, () => project.request());
    for (const request of requests) await publishRequest(bus, codec, request);
    await stage()(await deliverAll(bus, 'RECEIVED', subjects.received(project.tenant)));
    const ended = requests.slice(0, 8);
    const closings = ended.map((request, index) => closingOf(request, { usage: usageOf(index, 1) }));
    for (const closing of closings) await publishClosing(bus, codec, closing);
    await admission.settle(closings);
    const dependencies = { bus, codec, clock, database, prices: tokenPrices };

    // What the tests before this one have left open.
    await rebuildQuotas(dependencies);
    const before = await allQuotas();
    expect(await rebuildQuotas(dependencies)).toMatchObject({
      claimsAdded: 0,
      claimsClosed: 0,
      quotasChanged: 0,
    });
    expect(await allQuotas()).toEqual(before);

    await database.delete(claims).where(eq(claims.requestId, requests[0]!.request_id));
    await database.delete(claims).where(eq(claims.requestId, requests[11]!.request_id));
    await database
      .update(claims)
      .set({ closedAt: null, usedTokens: null, usedAmount: null })
      .where(eq(claims.requestId, requests[1]!.request_id));
    await database
      .update(quotas)
      .set({ inFlight: 99, reservedTokens: 1, monthTokens: 12_345, monthAmount: '7' })
      .where(eq(quotas.subject, project.tenant));
    await database.update(quotas).set({ dayTokens: 0 }).where(eq(quotas.subject, project.keyId));
    const wrong = await allQuotas();
    const found = { claimsAdded: 2, claimsClosed: 2, quotasChanged: 2 };
    expect(await rebuildQuotas(dependencies, { dryRun: true })).toMatchObject(found);
    expect(await allQuotas()).toEqual(wrong);
    expect(await rebuildQuotas(dependencies)).toMatchObject(found);
    expect(await allQuotas()).toEqual(before);
  });

  it('make the counters anew while requests come in, and nothing is lost or counted twice', async () => {
    const project = await newProject();
    const dependencies = { bus, codec, clock, database, prices: tokenPrices };
    await database
      .update(quotas)
      .set({ inFlight: 99, monthTokens: 12_345, monthAmount: '7' })
      .where(eq(quotas.subject, project.tenant));
    const left: RequestReceived[] = [];
    const traffic = async (replica: Admission): Promise<void> => {
      for (let round = 0; round < 12; round += 1) {
        const requests = Array.from({ length: 5 }, () => project.request());
        await claim(requests, replica);
        const closings = requests.slice(1).map((each) => closingOf(each, { usage: usageOf(9, 1) }));
        for (const closing of closings) await publishClosing(bus, codec, closing);
        await replica.settle(closings);
        left.push(requests[0]!);
      }
    };
    const rebuilding = async (): Promise<void> => {
      for (let round = 0; round < 4; round += 1) await rebuildQuotas(dependencies);
    };
    await Promise.all([traffic(platform.admission()), traffic(platform.admission()), rebuilding()]);
    // Two replicas, 12 rounds, 4 of 5 requests ended with 10 tokens each.
    expect(await countsOf('project', project.tenant)).toMatchObject({
      inFlight: left.length,
      reservedTokens: left.length * 48,
      monthTokens: 960,
      monthAmount: '0.9600000000',
    });
    expect(await rebuildQuotas(dependencies, { dryRun: true })).toMatchObject({ quotasChanged: 0 });
  });

  it('are left alone when admission would have to wait for too long', async () => {
    const hasty = new ManualClock(clock.now());
    let elapsedMs = 0;
    hasty.monotonicMs = () => (elapsedMs += 60);
    const dependencies = { bus, codec, clock: hasty, database, prices: tokenPrices };
    const rebuilt = rebuildQuotas(dependencies, { maxLockedMs: 100 });
    await expect(rebuilt).rejects.toMatchObject({ code: 'overloaded' });
  });
});
