import { eq } from '@millrace/store/sql';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { subjects } from '@millrace/contracts';
import { ManualClock } from '@millrace/runtime';
import {
  openResultLog,
  resultRecord,
  sealContent,
  watchDataPolicies,
  type DataPolicies,
} from '@millrace/stage';
import { closingOf } from '@millrace/stage/testing';
import { batches, files, jobs, keptAnswers, trainingExamples } from '@millrace/store';
import {
  publishDataPolicies,
  readDataPolicy,
  setDataPolicy,
  type DataPolicySettings,
} from './data-policy.ts';
import { createStreamPurge } from './purge-streams.ts';
import {
  never,
  startPersonalDataTest,
  writeOneOfEach,
  type PersonalDataTest,
} from '../personal-data.fixture.ts';

let test: PersonalDataTest;
let policies: DataPolicies;

async function start(): Promise<void> {
  test = await startPersonalDataTest();
  policies = await watchDataPolicies(test.elsewhere);
}
async function stop(): Promise<void> {
  await policies.stop();
  await test.stop();
}

const dayMs = 24 * 60 * 60_000;
const nothingSpecial: DataPolicySettings = {
  zeroRetention: false,
  jobsMs: null,
  filesMs: null,
  answersMs: null,
  trainingAllowed: false,
  trainingMs: null,
};

/** The results of a request that has ended, in the streams. */
async function endedRequest(tenant: string): Promise<string> {
  const { dependencies } = test;
  const { bus, codec, sealing, clock } = dependencies;
  const closing = closingOf(tenant);
  const request = { request_id: closing.request_id, tenant };
  const log = await openResultLog(dependencies, { gateway: 'g', request_id: closing.request_id });
  const content = sealContent(await sealing.forTenant(tenant), closing.request_id, 'chunk', {
    text: 'x',
    tokens: [],
  });
  for (const kind of ['OPENED', 'CHUNK'] as const)
    await log.append(resultRecord(request, { kind, at: clock.now(), content }));
  await bus.publish({
    subject: subjects.closed(tenant, closing.request_id),
    payload: codec.encode('request.closed', closing),
  });
  return closing.request_id;
}

describe('a policy', () => {
  beforeEach(start);
  afterEach(stop);

  it('is kept, counted, and told to all processes', async () => {
    const { dependencies } = test;
    expect(await readDataPolicy(dependencies.database, 'acme')).toEqual({ ...nothingSpecial, version: 0 });
    expect(policies.of('acme')).toEqual({ zeroRetention: false, trainingAllowed: false });
    const first = await setDataPolicy(dependencies, 'acme', { ...nothingSpecial, trainingAllowed: true });
    expect(first).toEqual({ ...nothingSpecial, trainingAllowed: true, version: 1 });
    const second = await setDataPolicy(dependencies, 'acme', { ...nothingSpecial, zeroRetention: true });
    expect(second.version).toBe(2);
    await publishDataPolicies(dependencies);
    await expect.poll(() => policies.zeroRetentionTenants()).toEqual(['acme']);
    expect(policies.of('acme').trainingAllowed).toBe(false);
  });

  it('shortens what is there, of its tenant alone, and puts nothing off', async () => {
    const { dependencies } = test;
    const { database } = dependencies;
    const createdAt = new Date(Date.now() - dayMs);
    for (const tenant of ['acme', 'other']) await writeOneOfEach(dependencies, tenant, null, { createdAt });
    const settings = {
      ...nothingSpecial,
      jobsMs: 3 * dayMs,
      filesMs: 2 * dayMs,
      answersMs: dayMs,
      trainingMs: dayMs,
    };
    await setDataPolicy(dependencies, 'acme', settings);
    await setDataPolicy(dependencies, 'acme', { ...settings, jobsMs: 20 * dayMs });
    const days = (until: Date | null | undefined) => ((until?.getTime() ?? 0) - createdAt.getTime()) / dayMs;
    const daysOf = async (tenant: string) => {
      const [job] = await database.select().from(jobs).where(eq(jobs.tenant, tenant));
      const [file] = await database.select().from(files).where(eq(files.tenant, tenant));
      const [answer] = await database.select().from(keptAnswers).where(eq(keptAnswers.tenant, tenant));
      const [example] = await database
        .select()
        .from(trainingExamples)
        .where(eq(trainingExamples.tenant, tenant));
      return [days(job?.removeAt), days(file?.expiresAt), days(answer?.expiresAt), days(example?.expiresAt)];
    };
    expect(await daysOf('acme')).toEqual([3, 2, 1, 1]);
    expect(await daysOf('other')).toEqual([30, 30, 30, 30]);
    expect(await database.select({ removeAt: batches.removeAt }).from(batches)).toEqual([
      { removeAt: null },
      { removeAt: null },
    ]);
  });

  it('takes the results of a tenant of which nothing is kept from the streams, once they can no longer be resumed', async () => {
    const { dependencies } = test;
    const { bus } = dependencies;
    const clock = new ManualClock(Date.now());
    const [own, others] = [await endedRequest('acme'), await endedRequest('other')];
    await bus.publish({ subject: subjects.deadLetter('pii', 'acme'), payload: new Uint8Array([1]) });
    await bus.publish({ subject: subjects.deadLetter('pii', 'other'), payload: new Uint8Array([1]) });
    await setDataPolicy(dependencies, 'acme', { ...nothingSpecial, zeroRetention: true });
    await expect.poll(() => policies.zeroRetentionTenants()).toEqual(['acme']);
    const purge = createStreamPurge({ bus, clock }, policies);
    const isThere = async (id: string) =>
      (await bus.lastMessage('RESULTS', subjects.resultsOfRequest(id))) !== undefined;

    expect(await purge.run(never)).toBe(0);
    expect(await isThere(own)).toBe(true);
    await clock.advance(61_000);
    expect(await purge.run(never)).toBe(1);
    expect([await isThere(own), await isThere(others)]).toEqual([false, true]);
    expect(await bus.lastMessage('DEADLETTER', subjects.deadLettersOf('acme'))).toBeUndefined();
    expect(await bus.lastMessage('DEADLETTER', subjects.deadLettersOf('other'))).toBeDefined();
    expect(await purge.run(never)).toBe(0);
  });
});

describe('a policy that cannot be', () => {
  beforeAll(start);
  afterAll(stop);

  it.for([
    [{ jobsMs: 1 }, 'jobsMs'],
    [{ filesMs: 31 * dayMs }, 'filesMs'],
    [{ answersMs: 1.5 * dayMs }, 'answersMs'],
    [{ trainingMs: -1 }, 'trainingMs'],
    [{ jobsMs: 100_000.5 }, 'jobsMs'],
    [{ zeroRetention: true, trainingAllowed: true }, 'trainingAllowed'],
  ] as const)('refuses %j, naming the field', async ([changes, param]) => {
    await expect(
      setDataPolicy(test.dependencies, 'acme', { ...nothingSpecial, ...changes }),
    ).rejects.toMatchObject({ param });
    expect((await readDataPolicy(test.dependencies.database, 'acme')).version).toBe(0);
  });

  it('refuses a tenant that is not there', async () => {
    await expect(setDataPolicy(test.dependencies, 'nobody', nothingSpecial)).rejects.toMatchObject({
      code: 'request_not_found',
    });
  });
});
