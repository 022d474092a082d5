import { randomUUID } from 'node:crypto';
import { and, eq } from '@millrace/store/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCodec, subjects, type RequestReceived } from '@millrace/contracts';
import { createApiKey, createTenant } from '@millrace/control-plane';
import type { Scope } from '@millrace/quota';
import { ManualClock } from '@millrace/runtime';
import { outbox, quotas } from '@millrace/store';
import type { Admission } from './admission.ts';
import { startTestPlatform, type TestPlatform } from './auth-quota.fixture.ts';
import { askedOf, closingOf, requestOf, usageOf } from './testing.ts';

const codec = createCodec();
const clock = new ManualClock(Date.UTC(2026, 10, 27, 12));
const november = Date.UTC(2026, 10, 1);
let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform(clock);
}, 60_000);
afterAll(() => platform.stop());

/** A project with a monthly budget of 1: a request of 10 tokens costs a hundredth of it. */
async function newProject() {
  const { database } = platform;
  const tenant = `tenant-${randomUUID()}`;
  await createTenant(database, { id: tenant, requestsPerMinute: 1e6, maxInFlight: 1e6 });
  const { keyId } = await createApiKey(database, { tenant });
  await setBudget('project', tenant, '1');
  await setBudget('key', keyId, '0.5');
  const principal = { key_id: keyId, roles: ['developer'], organisation: 'default', user_id: null };
  return {
    tenant,
    keyId,
    request: (): RequestReceived =>
      requestOf(tenant, clock, {
        principal,
        input_tokens_most: 1,
        parameters: { ...requestOf(tenant, clock).parameters, max_tokens: 9 },
      }),
  };
}

async function setBudget(scope: Scope, subject: string, budgetPerMonth: string): Promise<void> {
  const whose = and(eq(quotas.scope, scope), eq(quotas.subject, subject));
  await platform.database.update(quotas).set({ budgetPerMonth }).where(whose);
}

/** Admits and ends so many requests, each of which costs a hundredth. */
async function spend(
  project: Awaited<ReturnType<typeof newProject>>,
  count: number,
  replicas: readonly Admission[],
): Promise<void> {
  const requests = Array.from({ length: count }, () => project.request());
  const [first] = replicas;
  await first!.claim(requests.map((event) => askedOf(codec, event)));
  await Promise.all(
    requests.map((request, index) =>
      replicas[index % replicas.length]!.settle([closingOf(request, { usage: usageOf(1, 9) })]),
    ),
  );
}

async function eventsOf(scope: Scope, subject: string) {
  const rows = await platform.database
    .select({ payload: outbox.payload })
    .from(outbox)
    .where(eq(outbox.subject, subjects.budgetReached(scope, subject)))
    .orderBy(outbox.number);
  return rows.map(({ payload }) => codec.decode('budget.reached', payload));
}

it('tells each share of each budget once, whichever replica settles, and again in the next month', async () => {
  const project = await newProject();
  const replicas = [platform.admission(), platform.admission(), platform.admission()];
  await spend(project, 49, replicas);
  expect(await eventsOf('project', project.tenant)).toEqual([]);
  expect((await eventsOf('key', project.keyId)).map(({ share }) => share)).toEqual([50, 80]);

  await setBudget('key', project.keyId, '100');
  await spend(project, 51, replicas);
  const events = await eventsOf('project', project.tenant);
  expect(events.map(({ share }) => share)).toEqual([50, 80, 100]);
  expect(events[0]).toMatchObject({
    scope: 'project',
    subject: project.tenant,
    month: november,
    budget: '1.0000000000',
    spent: '0.5000000000',
  });
  expect(events[2]?.spent).toBe('1.0000000000');

  await clock.advance(4 * 24 * 60 * 60_000);
  await spend(project, 60, replicas);
  const later = await eventsOf('project', project.tenant);
  expect(later.slice(3)).toMatchObject([{ share: 50, month: Date.UTC(2026, 11, 1) }]);
});

it('tells a share that is reached since the budget was lowered, with the next request that ends', async () => {
  const project = await newProject();
  await spend(project, 10, [platform.admission()]);
  await setBudget('project', project.tenant, '0.11');
  await spend(project, 1, [platform.admission()]);
  const events = await eventsOf('project', project.tenant);
  expect(events.map(({ share, spent }) => [share, spent])).toEqual(
    [50, 80, 100].map((share) => [share, '0.1100000000']),
  );
});
