import { subjects, type WorkerDescribed } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';

/** Answers gateways that ask what the workers are doing. */
export function onWorkerAsked(
  { bus, codec, logger }: Pick<StageDependencies, 'bus' | 'codec' | 'logger'>,
  describe: () => WorkerDescribed,
): Promise<Stoppable> {
  return bus.subscribe(subjects.workerAsked, ({ payload }) => {
    try {
      const { question } = codec.decode('worker.asked', payload);
      const subject = subjects.workerDescribed(question);
      bus.publishCore({ subject, payload: codec.encode('worker.described', describe()) });
    } catch (error) {
      logger.error({ error, stage: 'inference' }, 'a question about the worker could not be answered');
    }
  });
}
