import { afterAll, beforeAll, expect, it } from 'vitest';
import { eq } from '@millrace/store/sql';
import { verifyTenant } from '@millrace/audit-log';
import { createApiKey, createTenant } from '@millrace/control-plane';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { erase, exportExamples, exportPersonalData, setDataPolicy } from '@millrace/personal-data';
import { createIdGenerator, systemClock, systemRandom } from '@millrace/runtime';
import { jobs, ledger } from '@millrace/store';
import { openStream } from '@millrace/testkit';
import { startInstantCluster } from '../support/instant-engine.ts';
import { postJson } from '../support/post-json.ts';
import { untilDrained } from '../support/work-queues.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startInstantCluster();
});
afterAll(() => cluster.stop());

const never = new AbortController().signal;
const dependencies = () => ({
  ...cluster.platform,
  database: cluster.database,
  nextId: createIdGenerator(systemClock, systemRandom),
});
const policy = {
  zeroRetention: false,
  jobsMs: null,
  filesMs: null,
  answersMs: null,
  trainingAllowed: false,
  trainingMs: null,
};

async function collect(lines: AsyncIterable<string>): Promise<readonly Record<string, unknown>[]> {
  const records: Record<string, unknown>[] = [];
  for await (const line of lines) records.push(JSON.parse(line) as Record<string, unknown>);
  return records;
}

const chat = (more: object): Promise<Response> =>
  postJson(cluster, '/v1/chat/completions', {
    model: 'instant',
    messages: [{ role: 'user', content: 'Mail to anna@example.com.' }],
    ...more,
  });

it('keeps an answer for training only where tenant and client allow it', async () => {
  const refused = await chat({ consent: true });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ error: { code: 'permission_denied', param: 'consent' } });

  const refusing = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  refusing.send({ type: 'generate', id: 'one', prompt: 'Hello', consent: true });
  expect(await refusing.ended('one')).toMatchObject({ code: 'permission_denied', param: 'consent' });
  await refusing.close();

  await setDataPolicy(dependencies(), defaultTenant, { ...policy, trainingAllowed: true });
  expect((await chat({})).status).toBe(200);
  await expect.poll(async () => (await chat({ consent: true })).status, { timeout: 10_000 }).toBe(200);
  const streamed = await chat({ consent: true, stream: true });
  await streamed.text();
  const examples = () => collect(exportExamples(dependencies(), { tenant: defaultTenant }, never));
  const socket = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  socket.send({ type: 'generate', id: 'one', prompt: 'Mail to anna@example.com.', consent: true });
  await socket.ended('one');
  await socket.close();
  await expect.poll(async () => (await examples()).length, { timeout: 10_000 }).toBe(3);
  for (const example of await examples())
    expect(example['messages']).toEqual([
      { role: 'user', content: 'Mail to <EMAIL_1>.' },
      { role: 'assistant', content: expect.stringMatching(/./u) as string },
    ]);
});

it('forgets a job of a tenant with zero retention once its client has the result', async () => {
  const tenant = 'secretive';
  await createTenant(cluster.database, { id: tenant });
  const { key: apiKey } = await createApiKey(cluster.database, { tenant });
  await setDataPolicy(dependencies(), tenant, { ...policy, zeroRetention: true });
  const own = { ...cluster, apiKey };
  const made = await postJson(own, '/v1/jobs', {
    endpoint: '/v1/generate',
    body: { prompt: 'Say something.', max_tokens: 4 },
  });
  const { id } = (await made.json()) as { readonly id: string };
  const headers = { authorization: `Bearer ${apiKey}` };
  const read = () => fetch(`${cluster.ingressUrl}/v1/jobs/${id}?wait=60s`, { headers });
  const first = await read();
  expect(await first.json()).toMatchObject({
    status: 'completed',
    result: { text: expect.any(String) as string },
  });
  const rows = () => cluster.database.$count(jobs, eq(jobs.tenant, tenant));
  await expect.poll(rows, { timeout: 10_000 }).toBe(0);
  expect((await read()).status).toBe(404);
});

it('erases a tenant while it is served; its ledger and its audit chain stay and verify', async ({
  signal,
}) => {
  const tenant = defaultTenant;
  const job = await postJson(cluster, '/v1/jobs', {
    endpoint: '/v1/generate',
    body: { prompt: 'Stay.', max_tokens: 4 },
  });
  expect(job.status).toBe(202);
  const { id } = (await job.json()) as { readonly id: string };
  await fetch(`${cluster.ingressUrl}/v1/jobs/${id}?wait=60s`, {
    headers: { authorization: `Bearer ${cluster.apiKey}` },
  });
  await untilDrained(cluster.platform, ['RECEIVED', 'ADMITTED', 'SCRUBBED'], signal);
  const before = await collect(exportPersonalData(dependencies(), { tenant, user: null }, signal));
  expect(before.filter(({ type }) => type === 'job')).toHaveLength(1);
  expect(before.some(({ type }) => type === 'answer')).toBe(true);
  const ledgerRows = await cluster.database.$count(ledger, eq(ledger.tenant, tenant));
  const asking = Array.from({ length: 8 }, () =>
    chat({ max_tokens: 64 }).then((response) => response.text()),
  );

  const report = await erase(dependencies(), { tenant, user: null }, signal);
  expect(report.removed).toMatchObject({ jobs: 1, training_examples: 3, requests_left: 0 });
  await Promise.all(asking);
  await expect.poll(async () => (await chat({})).status, { timeout: 1_000 }).toBe(401);

  await untilDrained(cluster.platform, ['RECEIVED', 'ADMITTED', 'SCRUBBED'], signal);
  expect(await cluster.database.$count(ledger, eq(ledger.tenant, tenant))).toBeGreaterThanOrEqual(ledgerRows);
  const verified = await verifyTenant(cluster.platform, tenant);
  expect(verified).toMatchObject({ verified: true });
  const after = await collect(exportPersonalData(dependencies(), { tenant, user: null }, signal));
  expect(after.filter(({ type }) => ['job', 'file', 'training_example'].includes(String(type)))).toEqual([]);
  expect(after.filter(({ type }) => type === 'answer').every(({ erased }) => erased === true)).toBe(true);
  expect(after.filter(({ type }) => type === 'audit_record').length).toBeGreaterThan(0);
});
