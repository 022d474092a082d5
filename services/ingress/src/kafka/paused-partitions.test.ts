import { createLogger, createMetrics, ManualClock, MillraceError } from '@millrace/runtime';
import { expect, it } from 'vitest';
import { createKafkaSourceMetrics } from './kafka-source-metrics.ts';
import { createPausedPartitions } from './paused-partitions.ts';

it('a partition waits twice as long each time, at most 5 s, until something of it was taken', async () => {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const logger = createLogger({ service: 'test', level: 'silent' });
  const paused = createPausedPartitions(clock, logger, createKafkaSourceMetrics(metrics));
  const place = { cluster: 'c', topic: 't', partition: 0 };
  const why = new MillraceError('unavailable', 'away');
  const waitMs = async (): Promise<number> => {
    let isResumed = false;
    paused.pause(place, () => (isResumed = true), why);
    expect((await metrics.expose()).body).toContain('millrace_kafka_paused_partitions 1');
    for (let ms = 100; ; ms += 100) {
      await clock.advance(100);
      if (isResumed) return ms;
    }
  };
  const waits: number[] = [];
  for (let count = 0; count < 7; count += 1) waits.push(await waitMs());
  expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  expect((await metrics.expose()).body).toContain('millrace_kafka_paused_partitions 0');
  paused.taken(place);
  expect(await waitMs()).toBe(200);
  await paused.stop();
});
