import type { Clock, Logger, Stoppable } from '@millrace/runtime';
import { startLoop } from '@millrace/stage';

/** Signals of one piece of work. */
export interface WorkSignals {
  /** Aborted when this runner is to leave it: it stops, or another has it. */
  readonly leave: AbortSignal;
  /** Aborted when its owner wants it stopped. */
  readonly cancelled: AbortSignal;
}

export interface WorkOptions<Item> {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What it is, in the plural, for the log. */
  readonly name: string;
  readonly concurrency: number;
  readonly pollMs: number;
  /** How long a runner may be silent. */
  readonly leaseMs: number;
  readonly idOf: (item: Item) => string;
  /** The next piece of work, given those that are worked on. */
  readonly take: (running: readonly Item[]) => Promise<Item | undefined>;
  /** Keeps what is worked on. */
  readonly keep: (
    ids: readonly string[],
  ) => Promise<{ readonly kept: readonly string[]; readonly cancelled: readonly string[] }>;
  readonly run: (item: Item, signals: WorkSignals) => Promise<void>;
  /** Hands all back that is not done. */
  readonly release: () => Promise<void>;
}

export interface Work extends Stoppable {
  /** Looks for work, and for what is to be stopped, now. */
  wake(): void;
  /** Pieces that are worked on. */
  readonly running: number;
}

interface Running<Item> {
  readonly item: Item;
  readonly leave: AbortController;
  readonly cancelled: AbortController;
  readonly done: Promise<void>;
}

/** Takes work out of a queue while there is room, and keeps it until it is done. */
export function startWork<Item>(options: WorkOptions<Item>): Work {
  const { clock, logger, name, concurrency, idOf } = options;
  const running = new Map<string, Running<Item>>();
  const onError = (error: unknown): void =>
    logger.warn({ error }, `${name} could not be looked after; it will be tried again`);

  const start = (item: Item): void => {
    const id = idOf(item);
    const leave = new AbortController();
    const cancelled = new AbortController();
    const work = async (): Promise<void> => {
      try {
        await options.run(item, { leave: leave.signal, cancelled: cancelled.signal });
      } catch (error) {
        if (!leave.signal.aborted) logger.error({ error, id }, `one of the ${name} was left`);
      } finally {
        running.delete(id);
        taking.wake();
      }
    };
    running.set(id, { item, leave, cancelled, done: work() });
  };

  const keeping = startLoop({ clock, intervalMs: options.leaseMs / 3, onError }, async () => {
    const held = new Map(running);
    const { kept, cancelled } = await options.keep([...held.keys()]);
    for (const [id, { leave }] of held) if (!kept.includes(id)) leave.abort(new Error('taken over'));
    for (const id of cancelled) held.get(id)?.cancelled.abort();
  });
  const taking = startLoop({ clock, intervalMs: options.pollMs, onError }, async (signal) => {
    while (running.size < concurrency && !signal.aborted) {
      const item = await options.take([...running.values()].map((each) => each.item));
      if (item === undefined) return;
      start(item);
    }
  });

  return {
    wake() {
      taking.wake();
      keeping.wake();
    },
    get running() {
      return running.size;
    },
    async stop() {
      await taking.stop();
      for (const { leave } of running.values()) leave.abort(new Error('this runner stops'));
      await Promise.all([...running.values()].map(({ done }) => done));
      await keeping.stop();
      try {
        await options.release();
      } catch (error) {
        logger.warn({ error }, `${name} could not be handed back; their leases run out`);
      }
    },
  };
}
