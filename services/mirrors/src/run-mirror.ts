import type { Kafka } from 'kafkajs';
import { createOutageLog, MillraceError, type Stoppable, type Timer } from '@millrace/runtime';
import { ensureTopics, type TopicSettings } from './ensure-topics.ts';
import type { Leases } from './leases.ts';
import type { Mirror, MirrorDependencies } from './mirror.ts';
import { openMirrorWriter } from './mirror-writer.ts';
import type { StatePlace } from './read-state.ts';

export interface RunningMirror extends Stoppable {
  /** Why it does not get on; undefined where it does, or another replica has it. */
  readonly problem: string | undefined;
}

export interface RunMirrorDependencies extends MirrorDependencies {
  readonly kafka: Kafka;
  readonly leases: Leases;
  readonly topicSettings: TopicSettings;
}

const shortestPauseMs = 100;
const longestPauseMs = 5_000;
/** What has run for so long works: until then it may fail again for the same reason. */
const provenMs = 5_000;
/** How long a transaction that is under way may hold up the end: one that is abandoned is ended by the next owner. */
const stopLimitMs = 10_000;

/**
 * Runs a mirror whenever this process has its lease. Whatever fails, it begins again from what Kafka has of it: a new producer, which
 * fences the old one, and the state that was committed last.
 */
export function runMirror(
  dependencies: RunMirrorDependencies,
  mirror: Mirror,
  place: StatePlace,
): RunningMirror {
  const { clock, logger, leases, mirrorMetrics } = dependencies;
  const { name } = mirror;
  const stopping = new AbortController();
  const outage = createOutageLog(clock, logger.child({ mirror: name }), 'a mirror goes on');
  let problem: string | undefined;

  const own = async (signal: AbortSignal): Promise<void> => {
    let pauseMs = shortestPauseMs;
    while (!signal.aborted) {
      let proven: Timer | undefined;
      try {
        await runOnce(dependencies, mirror, place, signal, () => {
          problem = undefined;
          proven = clock.setTimer(provenMs, () => {
            pauseMs = shortestPauseMs;
            outage.over();
          });
          mirrorMetrics.owned(name, true);
        });
      } catch (error) {
        proven?.cancel();
        mirrorMetrics.owned(name, false);
        if (signal.aborted) break;
        problem = error instanceof Error ? error.message : 'it failed';
        mirrorMetrics.failed(name);
        outage.failed(error, 'a mirror failed and begins again');
        await clock.sleep(pauseMs, signal).catch(ignoreAbort(signal));
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      } finally {
        proven?.cancel();
      }
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const lease = await leases.hold(name, stopping.signal);
        try {
          await own(AbortSignal.any([stopping.signal, lease.signal]));
        } finally {
          problem = undefined;
          mirrorMetrics.owned(name, false);
          mirrorMetrics.behind(name, undefined);
          if (!lease.signal.aborted) await lease.release();
        }
      } catch (error) {
        if (!stopping.signal.aborted) logger.warn({ error, mirror: name }, 'a mirror lost its lease');
      }
    }
  };
  const running = run();
  return {
    get problem() {
      return problem === undefined ? undefined : `the mirror ${name}: ${problem}`;
    },
    async stop() {
      stopping.abort(new MillraceError('unavailable', 'The mirror is stopping.'));
      const ended = new AbortController();
      const limit = clock
        .sleep(stopLimitMs, ended.signal)
        .then(
          () =>
            logger.warn({ mirror: name }, 'Kafka does not answer: a transaction is left to the next owner'),
          ignoreAbort(ended.signal),
        );
      await Promise.race([running, limit]);
      ended.abort();
    },
  };
}

async function runOnce(
  { kafka, topicSettings }: RunMirrorDependencies,
  mirror: Mirror,
  place: StatePlace,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  await ensureTopics(kafka, topicSettings, mirror.topics(), place);
  const writer = await openMirrorWriter({ kafka, mirror: mirror.name, place }, signal);
  try {
    onOpen();
    await mirror.run(writer, signal);
  } finally {
    await writer.close();
  }
}

function ignoreAbort(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
