import {
  defaultTenant,
  persistentPrompt,
  proveAnswers,
  type Cluster,
  type PersistentAnswer,
  type PersistentPrompt,
} from '@millrace/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answeredOnce } from '../support/proof.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

let cluster: Cluster;
/** All answers of this file, since the ledger is that of all of them. */
const answers: PersistentAnswer[] = [];

beforeAll(async () => {
  cluster = await startTestCluster({ env: briefAckWait });
});

afterAll(() => cluster.stop());

async function ask(
  prompt: PersistentPrompt,
  signal: AbortSignal,
  onChunk: (text: string, seq: number) => void = () => undefined,
): Promise<PersistentAnswer> {
  const { apiKey, edgeUrl: url } = cluster;
  const { clock } = cluster.platform;
  const answer = await persistentPrompt(prompt, { url, apiKey, clock, signal, onChunk });
  answers.push(answer);
  return answer;
}

/** What is on record of these answers, after it was checked that nothing else is. */
async function recorded(given: readonly PersistentAnswer[], signal: AbortSignal) {
  const { platform, database } = cluster;
  const proofs = await proveAnswers(platform, database, defaultTenant, given, signal);
  const all = answers.length;
  expect(proofs).toMatchObject({ ledgerRows: all, auditRecords: all, isChainVerified: true });
  expect((await platform.bus.streamState('DEADLETTER')).messages).toBe(0);
  return proofs.answers;
}

/** Resolves when the process has noticed that nats-server is away. */
async function untilUnready(name: string, signal: AbortSignal): Promise<void> {
  const { url } = cluster.process(name);
  for (;;) {
    const { ok } = await fetch(`${url}/readyz`, { signal });
    if (!ok) return;
  }
}

it('gives the same answer, once, when nats-server is killed in the middle of it', async ({ signal }) => {
  const prompt = { prompt: 'Tell a story about a mill on a river.', max_tokens: 120, temperature: 0 };
  const undisturbed = await ask(prompt, signal);

  const killAt = [10, 30, 50];
  const restarts: Promise<void>[] = [];
  const disturbed = await ask(prompt, signal, (_text, seq) => {
    if (killAt.includes(seq)) restarts.push(cluster.nats.restart());
  });
  await Promise.all(restarts);

  expect(restarts).toHaveLength(killAt.length);
  expect(disturbed.text).toBe(undisturbed.text);
  expect(disturbed.usage).toEqual(undisturbed.usage);
  expect(await recorded([undisturbed, disturbed], signal)).toMatchObject([answeredOnce, answeredOnce]);
});

it('loses nothing that was asked before, and nothing that is asked while, nats-server is away', async ({
  signal,
}) => {
  const noticed = ['edge', 'inference', 'pii', 'billing', 'audit', 'auth-quota'];
  const firstChunk = Promise.withResolvers<void>();
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
  const askOf = (number: number): Promise<PersistentAnswer> =>
    ask({ prompt: `Count to ${number}.`, max_tokens: 24, temperature: 0 }, signal, () =>
      firstChunk.resolve(),
    );
  const before = numbers.map(askOf);
  await firstChunk.promise;
  await cluster.nats.kill();
  await Promise.all(noticed.map((name) => untilUnready(name, signal)));
  const meanwhile = numbers.map((number) => askOf(number + 10));
  await cluster.nats.start();
  const given = await Promise.all([...before, ...meanwhile]);

  expect(await recorded(given, signal)).toMatchObject(given.map(() => answeredOnce));
});
