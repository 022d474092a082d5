import { createArrivalCounter } from '../arrival-counter.ts';
import { startCluster, type Cluster } from '../cluster/start-cluster.ts';
import { defaultTenant } from '../credentials.ts';
import { persistentPrompt, type PersistentAnswer } from '../persistent-prompt.ts';
import { proveAnswers } from '../prove-answers.ts';
import { killInTurn, victims } from './kill-in-turn.ts';
import { createPresenter, type Presenter, type Screen } from './presenter.ts';

/** One answer outlives all the kills; where the engine is too fast for that, the next ones take over. */
const prompts = [
  'Write a very long and detailed story, in many chapters, about a mill on a river and the people who live around it.',
  'Write a very long and detailed history of bread, from the first fields to the bakeries of today.',
  'Explain in great detail, step by step, how a water mill works, and how it is built.',
];

const settings = {
  // A dead worker's request goes to the next one after so long.
  MILLRACE_ACK_WAIT: '2s',
  // One thread answers slowly enough for a person to watch.
  MILLRACE_THREADS: '1',
  // What is proved is generated.
  MILLRACE_ANSWER_CACHE: '0',
};
/** A seed makes what is said the same each time, also behind a crash. */
const sampling = { max_tokens: 500, temperature: 0.9, top_p: 0.95, seed: 7 };
const proofLimitMs = 60_000;

export interface CrashDemoOptions {
  /** Folder for all data. */
  readonly folder: string;
  readonly output: Screen;
  readonly signal: AbortSignal;
}

/**
 * Shows that nothing is lost: answers stream to the output while every process is killed and comes back.
 *
 * @returns whether all proofs hold
 * @throws what cannot be started; the signal's reason
 */
export async function runCrashDemo({ folder, output, signal }: CrashDemoOptions): Promise<boolean> {
  const presenter = createPresenter(output);
  presenter.heading('Starting nats-server, PostgreSQL and seven services, each a process of its own');
  const cluster = await startCluster({ dataDirectory: folder, env: settings });
  try {
    signal.throwIfAborted();
    for (const { name, pid } of cluster.processes.values()) presenter.back(`${name} (process ${pid})`);
    const answers = await answerWhileAllDie(cluster, presenter, signal);
    return await prove(cluster, presenter, answers, signal);
  } finally {
    await cluster.stop();
  }
}

async function answerWhileAllDie(
  cluster: Cluster,
  presenter: Presenter,
  signal: AbortSignal,
): Promise<readonly PersistentAnswer[]> {
  const { clock } = cluster.platform;
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const chunks = createArrivalCounter(either);
  const survived = new AbortController();
  const ask = async (prompt: string): Promise<PersistentAnswer> => {
    presenter.heading(prompt);
    return persistentPrompt(
      { prompt, ...sampling },
      {
        url: cluster.edgeUrl,
        apiKey: cluster.apiKey,
        clock,
        signal: either,
        onChunk(text) {
          presenter.text(text);
          chunks.count();
        },
        onLost: (after) => presenter.client(`the client lost its connection behind chunk ${after}`),
        onResumed: (after) =>
          presenter.client(`the client is connected again and resumes after chunk ${after}`),
      },
    );
  };
  const askAll = async (): Promise<readonly PersistentAnswer[]> => {
    const answers: PersistentAnswer[] = [];
    for (let turn = 0; !survived.signal.aborted; turn += 1)
      answers.push(await ask(prompts[turn % prompts.length] ?? ''));
    return answers;
  };
  const kill = async (): Promise<void> => {
    await killInTurn(cluster, presenter, clock, chunks.until, either);
    survived.abort();
    presenter.back('all have been killed and are back; the answer goes on to its end');
  };
  const asking = askAll();
  const killing = kill();
  try {
    const [answers] = await Promise.all([asking, killing]);
    return answers;
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled([asking, killing]);
    throw error;
  }
}

async function prove(
  cluster: Cluster,
  presenter: Presenter,
  answers: readonly PersistentAnswer[],
  signal: AbortSignal,
): Promise<boolean> {
  let isProven = true;
  const show = (isTrue: boolean, what: string): void => {
    presenter.proof(isTrue, what);
    isProven &&= isTrue;
  };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(proofLimitMs)]);
  const proofs = await proveAnswers(cluster.platform, cluster.database, defaultTenant, answers, limit);
  presenter.heading(`What is left of ${victims.length} crashes`);
  for (const [index, proof] of proofs.answers.entries()) {
    const { chunks, usage, finishReason, connections } = answers[index] as PersistentAnswer;
    const tokens = usage['output_tokens'] ?? 0;
    show(
      chunks > 0,
      `one answer: ${tokens} tokens in ${chunks} chunks, seq 1 to ${chunks} without gap or repetition, over ${connections} connections (${finishReason})`,
    );
    show(
      proof.isTextClosed && proof.closings === 1,
      `closed ${times(proof.closings)}, and its digest is that of the text above`,
    );
    show(
      proof.ledgerRows === 1 && proof.charges === 1,
      `${proof.ledgerRows} ledger row, charged ${times(proof.charges)}: ${proof.amount} ${proof.currency}`,
    );
  }
  const { ledgerRows, auditRecords, isChainVerified } = proofs;
  show(
    ledgerRows === answers.length && auditRecords === answers.length,
    `requests asked: ${answers.length}, rows in the ledger: ${ledgerRows}, records in the audit chain: ${auditRecords}`,
  );
  show(isChainVerified, 'the audit chain verifies');
  return isProven;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
