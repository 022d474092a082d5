import type { ConsumerDefinition } from '@millrace/contracts';
import { MillraceError, type Timer } from '@millrace/runtime';
import type { ConsumeBatchesOptions, Consumption, Delivery } from '../port.ts';
import { startWork, type ConsumeDependencies, type Job, type Work } from './work.ts';

/** Batched consumption: see `Bus.consumeBatches`. While one batch is worked on, the next one gathers. */
export async function consumeBatches(
  dependencies: ConsumeDependencies,
  definition: ConsumerDefinition,
  options: ConsumeBatchesOptions,
  handler: (deliveries: readonly Delivery[]) => Promise<readonly boolean[]>,
): Promise<Consumption> {
  let gathered: Job[] = [];
  let running: Promise<void> | undefined;
  let isDue = false;
  let notBefore = -Infinity;
  let pause: Timer | undefined;

  const work = await startWork(
    dependencies,
    definition,
    options,
    () => options.maxBatch - gathered.length,
    (job, owner) => {
      gathered.push(job);
      start(owner);
    },
  );

  /** What the server sent in one go comes in within one turn of the event loop. */
  function start(owner: Work): void {
    if (isDue || running !== undefined || gathered.length === 0) return;
    const early = notBefore - dependencies.clock.monotonicMs();
    if (early > 0 && gathered.length < options.maxBatch) {
      pause ??= dependencies.clock.setTimer(early, () => {
        pause = undefined;
        start(owner);
      });
      return;
    }
    isDue = true;
    setImmediate(() => {
      isDue = false;
      if (running !== undefined || gathered.length === 0 || owner.signal.aborted) return;
      notBefore = dependencies.clock.monotonicMs() + (options.minIntervalMs ?? 0);
      const batch = gathered.splice(0, options.maxBatch);
      running = run(batch, owner)
        .catch((error: unknown) => dependencies.logger.error({ error }, 'a batch could not be answered'))
        .finally(() => {
          running = undefined;
          if (!owner.signal.aborted) start(owner);
        });
      owner.loop.pump();
    });
  }

  async function run(batch: readonly Job[], owner: Work): Promise<void> {
    const poisoned = batch.filter((job) => owner.isPoison(job));
    const good = batch.filter((job) => !owner.isPoison(job));
    await Promise.all(poisoned.map((job) => owner.poison(job, { kind: 'deliveries' })));
    if (good.length === 0) return;
    try {
      const outcomes = await handler(good.map((job) => job.delivery));
      if (outcomes.length !== good.length)
        throw new MillraceError(
          'internal_error',
          `A batch of ${good.length} was answered with ${outcomes.length} outcomes`,
        );
      for (const [index, job] of good.entries()) {
        if (outcomes[index] === true) owner.complete(job);
        else owner.handBack(job, handedBack());
      }
    } catch (error) {
      for (const job of good) if (owner.jobs.has(job.delivery.sequence)) owner.handBack(job, error);
    }
  }

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    pause?.cancel();
    await work.end();
    await running;
    for (const job of gathered) work.handBack(job, undefined);
    gathered = [];
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

const handedBack = (): MillraceError =>
  new MillraceError('unavailable', 'The handler of the batch handed this message back');
