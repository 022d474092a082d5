import {
  createArrivalCounter,
  defaultTenant,
  persistentPrompt,
  proveAnswers,
  type Cluster,
  type GivenAnswer,
} from '@millrace/embedded';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answeredOnce } from '../support/proof.ts';
import { countRequestsOnRecord, verifySigned } from '../support/audit-proof.ts';
import { proveQuotas } from '../support/quota-proof.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';
import { persistentSse } from './persistent-sse.ts';

const services = ['pii', 'billing', 'audit', 'auth-quota', 'inference', 'edge', 'ingress'];
/** More than the engine has slots for, half of them over server-sent events, half over WebSockets. */
const parallel = 64;
const overHttp = 32;
/** Answers from one kill to the next: about what 3 seconds bring. */
const answersBetween = 16;

let cluster: Cluster;

beforeEach(async () => {
  const env = { ...briefAckWait, MILLRACE_AUDIT_CHECKPOINT_INTERVAL: '1s' };
  cluster = await startTestCluster({ env, tenantLimits: { maxInFlight: 1_000 } });
});

afterEach(() => cluster.stop());

/** Asks one question after the other until it is told to stop, each to its end. */
async function keepAsking(
  index: number,
  enough: AbortSignal,
  signal: AbortSignal,
  onAnswer: (answer: GivenAnswer) => void,
): Promise<void> {
  const { clock } = cluster.platform;
  const target = { apiKey: cluster.apiKey, clock, signal };
  for (let question = 1; !enough.aborted; question += 1) {
    const prompt = {
      prompt: `Write three sentences about the number ${index * 100 + question}.`,
      max_tokens: 16,
      temperature: 0,
    };
    onAnswer(
      index < overHttp
        ? await persistentSse(prompt, { ...target, url: cluster.ingressUrl })
        : await persistentPrompt(prompt, { ...target, url: cluster.edgeUrl }),
    );
  }
}

it('answers, charges and records every request once while each service is killed and comes back', async ({
  signal,
}) => {
  const enough = new AbortController();
  const answers: GivenAnswer[] = [];
  const arrivals = createArrivalCounter(signal);
  const asking = Promise.all(
    Array.from({ length: parallel }, (_, index) =>
      keepAsking(index, enough.signal, signal, (answer) => {
        answers.push(answer);
        arrivals.count();
      }),
    ),
  );
  const killAll = async (): Promise<void> => {
    for (const name of services) {
      await arrivals.until(answersBetween);
      await cluster.process(name).kill();
      await cluster.process(name).start();
    }
    await arrivals.until(parallel);
    enough.abort();
  };
  await Promise.all([killAll(), asking]);

  const { platform, database } = cluster;
  const proofs = await proveAnswers(platform, database, defaultTenant, answers, signal);
  expect(proofs.answers).toMatchObject(answers.map(({ requestId }) => ({ requestId, ...answeredOnce })));
  expect(proofs).toMatchObject({
    ledgerRows: answers.length,
    auditRecords: answers.length,
    isChainVerified: true,
  });
  expect((await platform.bus.streamState('DEADLETTER')).messages).toBe(0);
  // And all of it is signed, once.
  await expect
    .poll(
      async () => {
        const { records, verified, signed } = await verifySigned(platform, defaultTenant);
        return verified && records >= answers.length && signed?.records === records;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  expect(await countRequestsOnRecord(platform, defaultTenant)).toBe(answers.length);
  // Nothing is in reserve any more, and what was used is what is charged.
  await expect.poll(() => proveQuotas(database), { timeout: 30_000 }).toEqual({ open: 0, wrong: [] });
});
