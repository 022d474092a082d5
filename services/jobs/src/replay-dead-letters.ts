import { deadLettersKeptMs } from '@millrace/contracts';
import {
  carryOutReplays,
  countLetters,
  forgetLetters,
  type LetterCount,
  type ReplayDependencies,
} from '@millrace/dead-letters';
import type { Metrics } from '@millrace/runtime';
import { startLoop, type Loop } from '@millrace/stage';

/** How often letters are counted, and those that are gone forgotten, where nothing happens. */
const countEveryMs = 10_000;

/** Carries out the replays of dead letters that were ordered, and says how many letters wait for somebody. */
export function startReplaying(
  dependencies: ReplayDependencies & { readonly metrics: Metrics },
  pollMs: number,
): Loop {
  const { clock, logger, metrics } = dependencies;
  let counts: readonly LetterCount[] = [];
  let countedAt = -Infinity;
  const replays = metrics.counter({
    name: 'millrace_dead_letter_replays_total',
    help: 'Replays of dead letters that were carried out, or could not be.',
    labelNames: ['outcome'],
  });
  metrics.gauge({
    name: 'millrace_dead_letters_unresolved',
    help: 'Dead letters that nobody has decided on yet, by the stage that gave up.',
    labelNames: ['stage'],
    collect(gauge) {
      for (const { stage, count } of counts) gauge.set({ stage }, count);
    },
  });
  metrics.gauge({
    name: 'millrace_dead_letters_oldest_age_seconds',
    help: 'Age of the oldest dead letter that nobody has decided on yet, by the stage that gave up; 0 where there is none.',
    labelNames: ['stage'],
    collect(gauge) {
      for (const { stage, oldestAt } of counts)
        gauge.set({ stage }, oldestAt === undefined ? 0 : Math.max(0, clock.now() - oldestAt) / 1_000);
    },
  });
  return startLoop(
    {
      clock,
      intervalMs: pollMs,
      onError: (error) => logger.warn({ error }, 'dead letters could not be replayed or counted'),
    },
    async (signal) => {
      const { replayed, failed } = await carryOutReplays(dependencies, signal);
      replays.inc({ outcome: 'replayed' }, replayed);
      replays.inc({ outcome: 'failed' }, failed);
      if (replayed + failed === 0 && clock.monotonicMs() - countedAt < countEveryMs) return;
      await forgetLetters(dependencies, new Date(clock.now() - deadLettersKeptMs));
      counts = await countLetters(dependencies);
      countedAt = clock.monotonicMs();
    },
  );
}
