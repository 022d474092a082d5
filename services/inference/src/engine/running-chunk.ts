import { MillraceError } from '@millrace/runtime';
import type { Action, Scheduler } from './scheduler.ts';
import type { Sequence } from './sequence.ts';

export type PrefillAction = Extract<Action<Sequence>, { kind: 'prefill' }>;

/** The prefill chunk that runs, if one does: a short prompt that comes does not wait for it. */
export class RunningChunk {
  readonly #scheduler: Scheduler<Sequence>;
  #running: { readonly action: PrefillAction; readonly controller: AbortController } | undefined;

  constructor(scheduler: Scheduler<Sequence>) {
    this.#scheduler = scheduler;
  }

  /** Does the work of a chunk. @returns whether it came to its end */
  async run(action: PrefillAction, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const controller = new AbortController();
    this.#running = { action, controller };
    try {
      await work(controller.signal);
      action.sequence.gaveWay = false;
      return true;
    } catch (error) {
      if (controller.signal.aborted && error instanceof MillraceError && error.code === 'cancelled')
        return false;
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  /** Stops the chunk if the newcomer comes before it; who has given way once has its next chunk to the end. */
  makeWayFor(newcomer: Sequence): void {
    if (this.#running === undefined) return;
    const { action, controller } = this.#running;
    if (action.sequence.gaveWay || controller.signal.aborted) return;
    if (!this.#scheduler.overtakes(newcomer, action)) return;
    action.sequence.gaveWay = true;
    controller.abort();
  }
}
