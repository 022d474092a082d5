import type { Clock, Timer } from './clock.ts';

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock for tests: it stands still until {@link ManualClock.advance}. */
export class ManualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #startMs: number;
  readonly #due = new Set<Due>();

  /** @param startMs milliseconds since 1970; by default 2026-01-01T00:00:00Z */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  /** How many sleeps and timers wait. */
  get pending(): number {
    return this.#due.size;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const timer = this.setTimer(ms, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        timer.cancel();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  setTimer(ms: number, run: () => void): Timer {
    const due: Due = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run };
    this.#due.add(due);
    return { cancel: () => this.#due.delete(due) };
  }

  /**
   * Moves the time on and runs what is due on the way, in order. After each, promises are let run,
   * so that a loop that sleeps again is due again within the same call.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await letPromisesRun();
    for (let due = this.#nextUntil(endMs); due !== undefined; due = this.#nextUntil(endMs)) {
      this.#due.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
      await letPromisesRun();
    }
    this.#nowMs = endMs;
  }

  #nextUntil(endMs: number): Due | undefined {
    let next: Due | undefined;
    for (const due of this.#due) {
      if (due.atMs > endMs) continue;
      if (next === undefined || due.atMs < next.atMs || (due.atMs === next.atMs && due.order < next.order))
        next = due;
    }
    return next;
  }
}

function letPromisesRun(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
