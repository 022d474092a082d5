import type { Cluster } from '@millrace/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDice } from '../support/fuzz/dice.ts';
import { fuzzTargets } from '../support/fuzz/fuzz-targets.ts';
import { fuzzedExchange, type FuzzContext } from '../support/fuzz/fuzzed-exchange.ts';
import { judgeExchange } from '../support/fuzz/judge-exchange.ts';
import { sendExchange } from '../support/fuzz/send-exchange.ts';
import { range } from '../support/answer.ts';
import { postJson } from '../support/post-json.ts';
import { startTestCluster } from '../support/test-cluster.ts';

/** `MILLRACE_FUZZ_SEED=7 npm test -- tests/flow/fuzz.test.ts` asks other things. */
const seed = Number(process.env['MILLRACE_FUZZ_SEED'] ?? 1);
const exchanges = 9_000;
/** At least so many requests are among them. */
const requests = 10_000;
const connections = 16;
const maxBodyBytes = 64 * 1024;
/** What a heap may grow by beside a leak: code that was compiled, tables that grew. */
const heapToleranceBytes = 4 * 1024 * 1024;

const fixture = new URL('fixtures/collect-garbage.mjs', import.meta.url).href;
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({
    env: {
      MILLRACE_ENGINE: 'instant',
      MILLRACE_AUTH_FAILURES: '0',
      MILLRACE_MAX_BODY_BYTES: String(maxBodyBytes),
      MILLRACE_LOG_LEVEL: 'warn',
      NODE_OPTIONS: `--expose-gc --import=${fixture}`,
    },
  });
});
afterAll(() => cluster.stop());

/** A sum over all samples of a metric of ingress. */
async function metricOf(name: string): Promise<number> {
  const exposition = await (await fetch(`${cluster.ingressUrl}/metrics`)).text();
  const lines = exposition.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function heapBytes(): Promise<number> {
  process.kill(cluster.process('ingress').pid, 'SIGUSR2');
  return metricOf('nodejs_heap_size_used_bytes');
}

const openSockets = () => metricOf('nodejs_active_resources{type="TCPSocketWrap"}');

it('answers 10,000 requests that are wrong in every way, each in the documented form, and keeps nothing of them', async ({
  signal,
}) => {
  const context: FuzzContext = { apiKey: cluster.apiKey, targets: await fuzzTargets(), maxBodyBytes };
  const port = Number(new URL(cluster.ingressUrl).port);
  const pid = cluster.process('ingress').pid;
  /** The first exchange of each kind of problem. */
  const problems = new Map<string, string>();
  const statuses = new Map<number, number>();
  let sent = 0;

  const note = (problem: string, index: number): void => {
    if (!problems.has(problem)) problems.set(problem, `seed ${seed}, exchange ${index}`);
  };
  const exchange = async (index: number): Promise<void> => {
    const fuzzed = fuzzedExchange(context, createDice(seed * 1_000_003 + index));
    sent += Math.max(1, fuzzed.methods.length);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
    try {
      const end = await sendExchange({ ...fuzzed, port }, limit);
      for (const { status } of end.responses) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      for (const problem of judgeExchange(fuzzed, end)) note(problem, index);
    } catch (error) {
      note(String(error), index);
    }
  };
  const sendAll = async (first: number, last: number): Promise<void> => {
    const waiting = range(first, last).values();
    const work = async (): Promise<void> => {
      for (const index of waiting) await exchange(index);
    };
    await Promise.all(range(1, connections).map(work));
  };

  const socketsBefore = await openSockets();
  await sendAll(1, exchanges / 2);
  const heaps = [await heapBytes(), await heapBytes(), await heapBytes()];
  await sendAll(exchanges / 2 + 1, exchanges);

  expect([...problems].slice(0, 10)).toEqual([]);
  expect(sent).toBeGreaterThanOrEqual(requests);
  // What is right among them is answered, and what is wrong is refused for different reasons.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 404, 405, 413, 415]));
  expect(cluster.process('ingress')).toMatchObject({ pid, running: true });
  await expect.poll(() => metricOf('millrace_gateway_followers'), { timeout: 60_000 }).toBe(0);
  // fetch keeps connections of its own.
  await expect.poll(openSockets, { timeout: 60_000 }).toBeLessThanOrEqual(socketsBefore + 2);
  const limitBytes = Math.min(...heaps) + heapToleranceBytes;
  await expect.poll(heapBytes, { timeout: 60_000 }).toBeLessThan(limitBytes);
  // No place among the requests in flight is lost: the tenant has 64.
  const answers = await Promise.all(
    range(1, 64).map(() => postJson(cluster, '/v1/generate', { prompt: 'Hello', max_tokens: 1 })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});
