import type { Clock, Stoppable } from '@millrace/runtime';

export interface LoopOptions {
  readonly clock: Clock;
  /** Pause between two rounds. */
  readonly intervalMs: number;
  /** A failed round is reported here; the next one follows after the pause. */
  readonly onError: (error: unknown) => void;
}

export interface Loop extends Stoppable {
  /** The next round begins now, or right after the present one. */
  wake(): void;
}

/** One for all: without a reason each `abort` makes an error with a stack. */
const wakeUp = new Error('woken');

/** Runs rounds one after the other, at once when woken and otherwise at an interval, until it is stopped. */
export function startLoop(options: LoopOptions, round: (signal: AbortSignal) => Promise<void>): Loop {
  const stopping = new AbortController();
  let pause = new AbortController();
  let woken = false;

  const rest = async (): Promise<void> => {
    if (woken || stopping.signal.aborted) return;
    pause = new AbortController();
    try {
      await options.clock.sleep(options.intervalMs, pause.signal);
    } catch (error) {
      if (!pause.signal.aborted) throw error;
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      woken = false;
      try {
        await round(stopping.signal);
      } catch (error) {
        if (!stopping.signal.aborted) options.onError(error);
      }
      await rest();
    }
  };
  const running = run();
  return {
    wake() {
      woken = true;
      pause.abort(wakeUp);
    },
    async stop() {
      stopping.abort();
      pause.abort();
      await running;
    },
  };
}
