import OpenAI, { toFile } from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultTenant, proveAnswers, type Cluster, type GivenAnswer } from '@millrace/embedded';
import { answeredOnce } from '../support/proof.ts';
import { startInstantCluster } from '../support/instant-engine.ts';
import { briefAckWait } from '../support/test-cluster.ts';

const services = ['jobs', 'pii', 'billing', 'audit', 'auth-quota', 'inference', 'ingress', 'jobs'];
const lineCount = 1_000;
/** From one kill to the next: about what 3 seconds bring. */
const linesBetween = 100;

interface Answer {
  readonly request_id: string;
  readonly text: string;
}

interface Job {
  readonly id: string;
  readonly status: string;
  readonly result: Answer | null;
}

let cluster: Cluster;
let client: OpenAI;

beforeEach(async () => {
  cluster = await startInstantCluster({
    env: { ...briefAckWait, MILLRACE_JOB_LEASE: '2s', MILLRACE_BATCH_LINES_CONCURRENCY: '4' },
  });
  client = new OpenAI({ apiKey: cluster.apiKey, baseURL: `${cluster.ingressUrl}/v1`, maxRetries: 20 });
});

afterEach(() => cluster.stop());

const body = (text: string): object => ({ prompt: text, max_tokens: 6 });

async function startBatch(): Promise<string> {
  const lines = Array.from({ length: lineCount }, (_, index) =>
    JSON.stringify({
      custom_id: `${index}`,
      method: 'POST',
      url: '/v1/generate',
      body: body(`Line ${index}.`),
    }),
  );
  const file = await client.files.create({
    file: await toFile(Buffer.from(lines.join('\n')), 'lines.jsonl'),
    purpose: 'batch',
  });
  const batch = await client.post<OpenAI.Batch>('/batches', {
    body: { input_file_id: file.id, endpoint: '/v1/generate', completion_window: '24h' },
    headers: { 'Idempotency-Key': 'the-batch' },
  });
  return batch.id;
}

const createJob = (number: number): Promise<Job> =>
  client.post<Job>('/jobs', {
    body: { endpoint: '/v1/generate', body: body(`Job ${number}.`) },
    headers: { 'Idempotency-Key': `job-${number}` },
  });

async function ended(id: string): Promise<Job> {
  for (;;) {
    const job = await client.get<Job>(`/jobs/${id}?wait=20s`);
    if (job.status !== 'queued' && job.status !== 'running') return job;
  }
}

it('ends every job and every line of a batch once while each service is killed and comes back', async ({
  signal,
}) => {
  const { clock } = cluster.platform;
  const batchId = await startBatch();
  const untilDone = async (lines: number): Promise<OpenAI.Batch> => {
    for (;;) {
      const batch = await client.batches.retrieve(batchId);
      const { completed = 0, failed = 0 } = batch.request_counts ?? {};
      if (completed + failed >= lines && (lines < lineCount || batch.status === 'completed')) return batch;
      await clock.sleep(20, signal);
    }
  };
  const jobs: Job[] = [];
  for (const [index, name] of services.entries()) {
    await untilDone((index + 1) * linesBetween);
    jobs.push(await createJob(index));
    await cluster.process(name).kill();
    await cluster.process(name).start();
  }

  const answers: GivenAnswer[] = [];
  for (const { id } of jobs) {
    const job = await ended(id);
    expect(job).toMatchObject({ status: 'completed' });
    answers.push({ requestId: job.result?.request_id ?? '', text: job.result?.text ?? '' });
  }
  const batch = await untilDone(lineCount);
  expect(batch).toMatchObject({
    request_counts: { total: lineCount, completed: lineCount, failed: 0 },
    error_file_id: null,
  });
  const output = await (await client.files.content(batch.output_file_id ?? '')).text();
  const lines = output
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as { custom_id: string; response: { body: Answer } });
  expect(lines.map(({ custom_id }) => Number(custom_id))).toEqual(
    Array.from({ length: lineCount }, (_, i) => i),
  );
  for (const { response } of lines)
    answers.push({ requestId: response.body.request_id, text: response.body.text });

  const proofs = await proveAnswers(cluster.platform, cluster.database, defaultTenant, answers, signal);
  expect(proofs.answers).toMatchObject(answers.map(({ requestId }) => ({ requestId, ...answeredOnce })));
  expect(proofs).toMatchObject({
    ledgerRows: answers.length,
    auditRecords: answers.length,
    isChainVerified: true,
  });
  expect((await cluster.platform.bus.streamState('DEADLETTER')).messages).toBe(0);
});
