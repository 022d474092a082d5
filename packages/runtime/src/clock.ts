import { setTimeout as sleepFor } from 'node:timers/promises';

export interface Timer {
  cancel(): void;
}

/** Where the time comes from. Handed in, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Milliseconds that never go back; only differences mean anything. */
  monotonicMs(): number;
  /** @throws the signal's reason once it is aborted */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Runs `run` once after `ms`. The timer does not keep the process alive. */
  setTimer(ms: number, run: () => void): Timer;
}

/** The longest timer of Node; anything longer would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    signal.throwIfAborted();
    try {
      await sleepFor(Math.min(ms, longestTimerMs), undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
  setTimer(ms, run) {
    const timer = setTimeout(run, Math.min(ms, longestTimerMs));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
