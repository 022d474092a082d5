import type { ConsumerDefinition } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { ConsumeOptions, Consumption, Delivery } from '../port.ts';
import { startWork, type ConsumeDependencies, type Job, type Work } from './work.ts';

/** One-by-one consumption: see `Bus.consume`. */
export async function consume(
  dependencies: ConsumeDependencies,
  definition: ConsumerDefinition,
  options: ConsumeOptions,
  handler: (delivery: Delivery) => Promise<void>,
): Promise<Consumption> {
  const { concurrency } = options;
  const most = typeof concurrency === 'number' ? () => concurrency : concurrency;
  const running = new Set<Promise<void>>();

  const run = async (job: Job, work: Work): Promise<void> => {
    if (work.isPoison(job)) {
      await work.poison(job, { kind: 'deliveries' });
      return;
    }
    try {
      await handler(job.delivery);
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'fenced') work.leave(job);
      else if (!work.signal.aborted && error instanceof MillraceError && !error.retryable)
        await work.poison(job, { kind: 'error', error });
      else work.handBack(job, error);
      return;
    }
    work.complete(job);
  };

  const work = await startWork(
    dependencies,
    definition,
    options,
    (jobs) => most() - jobs,
    (job, owner) => {
      const promise = run(job, owner)
        .catch((error: unknown) => dependencies.logger.error({ error }, 'a delivery could not be answered'))
        .finally(() => running.delete(promise));
      running.add(promise);
    },
  );

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await work.end();
    await Promise.all(running);
    await work.close();
  };
  return {
    get inFlight() {
      return work.jobs.size;
    },
    wake: () => work.loop.pump(),
    stop: () => (stopped ??= stop()),
  };
}
