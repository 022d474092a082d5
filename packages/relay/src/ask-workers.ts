import { subjects, type WorkerDescribed } from '@millrace/contracts';
import {
  createIdGenerator,
  MillraceError,
  type Clock,
  type Logger,
  type RandomSource,
  type Timer,
} from '@millrace/runtime';
import type { Bus } from '@millrace/bus';
import type { StageDependencies } from '@millrace/stage';

export interface AskWorkersDependencies extends Pick<StageDependencies, 'codec'> {
  readonly bus: Pick<Bus, 'subscribe' | 'publishCore'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: RandomSource;
}

/** How long to wait for the first answer, and for one more behind the last. */
const limitMs = 1_000;
const quietMs = 200;

/**
 * Asks all workers what they are doing. How many there are is not known, so it takes the answers that come within a second, and ends when for
 * 200 ms there was none; who asks meanwhile gets the same answers.
 *
 * @returns asks; by name of the worker; it throws `unavailable` when none answers
 */
export function createAskWorkers(
  dependencies: AskWorkersDependencies,
): () => Promise<readonly WorkerDescribed[]> {
  const { clock, random } = dependencies;
  const nextQuestion = createIdGenerator(clock, random);
  let asking: Promise<readonly WorkerDescribed[]> | undefined;
  return () => {
    asking ??= ask(dependencies, nextQuestion()).finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

async function ask(
  { bus, codec, clock, logger }: AskWorkersDependencies,
  question: string,
): Promise<readonly WorkerDescribed[]> {
  const answers = new Map<string, WorkerDescribed>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const limit = clock.setTimer(limitMs, end);
  let quiet: Timer | undefined;
  const subscription = await bus.subscribe(subjects.workerDescribed(question), ({ payload }) => {
    try {
      const answer = codec.decode('worker.described', payload);
      answers.set(answer.worker, answer);
    } catch (error) {
      logger.error({ error }, 'a worker described itself in what is no description');
    }
    quiet?.cancel();
    quiet = clock.setTimer(quietMs, end);
  });
  try {
    bus.publishCore({
      subject: subjects.workerAsked,
      payload: codec.encode('worker.asked', { question, at: clock.now() }),
    });
    await ended;
  } finally {
    limit.cancel();
    quiet?.cancel();
    await subscription.stop();
  }
  if (answers.size === 0)
    throw new MillraceError('unavailable', `No worker answered within ${limitMs / 1000} s.`, {
      retryAfterMs: 2_000,
    });
  return [...answers.values()].toSorted((a, b) => a.worker.localeCompare(b.worker));
}
