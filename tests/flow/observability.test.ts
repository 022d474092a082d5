import { fileURLToPath } from 'node:url';
import type { Cluster } from '@millrace/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kafkaIsHere, startTestKafka, type TestKafka } from '@millrace/testkit';
import { renderMetricsPage } from '../support/metrics-page.ts';
import { postJson } from '../support/post-json.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const topicsFile = fileURLToPath(new URL('../../infra/kafka/topics.json', import.meta.url));
const page = fileURLToPath(new URL('../../docs/reference/metrics.md', import.meta.url));

let cluster: Cluster;
let kafka: TestKafka | undefined;

beforeAll(async () => {
  if (kafkaIsHere) kafka = await startTestKafka();
  cluster = await startTestCluster({
    env: {
      ...(kafka !== undefined && {
        MILLRACE_KAFKA_BROKERS: kafka.brokers,
        MILLRACE_KAFKA_TOPICS: topicsFile,
      }),
      MILLRACE_SLOTS: '4',
      MILLRACE_CONTEXT_LENGTH: '512',
      MILLRACE_PREFIX_CACHE: '64MiB',
    },
  });
});

afterAll(async () => {
  await cluster.stop();
  await kafka?.stop();
});

const headers = () => ({ authorization: `Bearer ${cluster.apiKey}` });

async function engine(): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${cluster.ingressUrl}/v1/engine`, { headers: headers() });
  return { status: response.status, body: await response.json() };
}

async function expositionOf(process: string): Promise<string> {
  return (await fetch(`${cluster.process(process).url}/metrics`)).text();
}

async function ask(prompt: string): Promise<void> {
  const response = await postJson(cluster, '/v1/generate', { prompt, max_tokens: 4 });
  expect(response.status).toBe(200);
  await response.json();
}

it('the worker is shown at /v1/engine, with what it has done since', async () => {
  const story = `Say what this is about: ${'The mill stands by the river. '.repeat(20)}`;
  await ask(story);
  await ask(story);
  const number = expect.any(Number) as number;
  const text = expect.any(String) as string;
  expect(await engine()).toMatchObject({
    status: 200,
    body: {
      queue: { received: 0, admitted: 0, scrubbed: number },
      workers: [
        {
          worker: text,
          ready: true,
          problem: null,
          execution_provider: 'cpu',
          slots: { total: 4, used: 0, free: 4, waiting: 0 },
          key_values: { blocks_total: 32, blocks_used: 0, bytes_total: number, bytes_used: 0 },
          prefix_cache: { budget_bytes: 64 * 1024 ** 2, evicted_blocks: 0 },
          models: expect.arrayContaining([
            {
              name: 'smollm2-135m-instruct',
              version: text,
              context_length: 512,
              operations: expect.arrayContaining(['generate']) as string[],
              is_default: true,
            },
          ]) as object[],
        },
      ],
    },
  });
  const exposition = await expositionOf('inference');
  const sample = (name: string): number =>
    Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'mu').exec(exposition)?.[1]);
  expect(sample('millrace_prefix_cache_hits_total')).toBeGreaterThanOrEqual(64);
  expect(sample('millrace_generation_tokens_total')).toBe(8);
  expect(sample('millrace_inter_token_latency_seconds_count')).toBeGreaterThanOrEqual(6);
});

// Without Kafka there are no mirrors.
it.runIf(kafkaIsHere)(
  'the reference page lists every metric that the processes expose, with type and meaning',
  async () => {
    const expositions = new Map<string, string>();
    for (const process of cluster.processes.keys()) expositions.set(process, await expositionOf(process));
    await expect(renderMetricsPage(expositions)).toMatchFileSnapshot(page);
  },
);

it('without a worker /v1/engine says that none answers', async () => {
  await cluster.process('inference').kill();
  expect(await engine()).toMatchObject({
    status: 503,
    body: { error: { code: 'unavailable', message: 'No worker answered within 1 s.' } },
  });
});
