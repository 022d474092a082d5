import {
  createArrivalCounter,
  defaultTenant,
  persistentPrompt,
  proveAnswers,
  type Cluster,
  type PersistentAnswer,
} from '@millrace/embedded';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

const parallel = 6;
const restarts = 4;

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startTestCluster({ env: briefAckWait });
});

afterEach(() => cluster.stop());

it('answers, charges and records every request once while PostgreSQL is killed and comes back', async ({
  signal,
}) => {
  const { platform, database, apiKey, edgeUrl: url, postgres } = cluster;
  const pids = new Map([...cluster.processes].map(([name, { pid }]) => [name, pid]));
  const enough = new AbortController();
  const answers: PersistentAnswer[] = [];
  const arrivals = createArrivalCounter(signal);
  const asking = Array.from({ length: parallel }, async (_, index) => {
    for (let question = 1; !enough.signal.aborted; question += 1) {
      const prompt = { prompt: `Count to ${index * 100 + question}.`, max_tokens: 6, temperature: 0 };
      answers.push(await persistentPrompt(prompt, { url, apiKey, clock: platform.clock, signal }));
      arrivals.count();
    }
  });
  const restartAll = async (): Promise<void> => {
    for (let restart = 1; restart <= restarts; restart += 1) {
      await arrivals.until(parallel);
      await postgres.restart();
    }
    await arrivals.until(parallel);
    enough.abort();
  };
  await Promise.all([restartAll(), ...asking]);

  const proofs = await proveAnswers(platform, database, defaultTenant, answers, signal);
  const once = {
    outcome: 'COMPLETED',
    closings: 1,
    ledgerRows: 1,
    charges: 1,
    auditRecords: 1,
    isTextClosed: true,
  };
  expect(proofs.answers).toMatchObject(answers.map(({ requestId }) => ({ requestId, ...once })));
  expect(proofs).toMatchObject({
    ledgerRows: answers.length,
    auditRecords: answers.length,
    isChainVerified: true,
  });
  expect((await platform.bus.streamState('DEADLETTER')).messages).toBe(0);
  expect(new Map([...cluster.processes].map(([name, process]) => [name, process.pid]))).toEqual(pids);
});
