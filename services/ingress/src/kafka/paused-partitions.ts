import type { Clock, Logger, MillraceError, Stoppable, Timer } from '@millrace/runtime';
import type { KafkaSourceMetrics } from './kafka-source-metrics.ts';
import type { RecordPlace } from './record-place.ts';

/** Lets partitions wait, each twice as long as the time before, until something of it was taken. */
export interface PausedPartitions extends Stoppable {
  pause(place: RecordPlace, resume: () => void, why: MillraceError): void;
  taken(place: RecordPlace): void;
}

const firstPauseMs = 200;
const longestPauseMs = 5_000;

export function createPausedPartitions(
  clock: Pick<Clock, 'setTimer'>,
  logger: Logger,
  metrics: KafkaSourceMetrics,
): PausedPartitions {
  const waits = new Map<string, { pauseMs: number; timer: Timer | undefined }>();
  const report = (): void =>
    metrics.paused([...waits.values()].filter(({ timer }) => timer !== undefined).length);

  return {
    pause(place, resume, why) {
      const name = nameOf(place);
      const before = waits.get(name);
      before?.timer?.cancel();
      const pauseMs = Math.min(longestPauseMs, before === undefined ? firstPauseMs : before.pauseMs * 2);
      if (before === undefined)
        logger.warn({ error: why, topic: place.topic, partition: place.partition }, 'a partition is paused');
      const wait: { pauseMs: number; timer: Timer | undefined } = {
        pauseMs,
        timer: clock.setTimer(Math.max(pauseMs, Math.min(why.retryAfterMs ?? 0, longestPauseMs)), () => {
          wait.timer = undefined;
          report();
          resume();
        }),
      };
      waits.set(name, wait);
      report();
    },
    taken(place) {
      const name = nameOf(place);
      if (waits.get(name)?.timer !== undefined || !waits.delete(name)) return;
      logger.info({ topic: place.topic, partition: place.partition }, 'a partition goes on');
    },
    async stop() {
      for (const { timer } of waits.values()) timer?.cancel();
      waits.clear();
      report();
    },
  };
}

function nameOf({ topic, partition }: RecordPlace): string {
  return `${topic}/${partition}`;
}
