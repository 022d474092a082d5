/** A record that the server repeated once it was stored. */
export interface LiveRecord {
  readonly sequence: number;
  /** Sequence of the record before it on the same subject; 0: none. */
  readonly previousSequence: number;
  readonly payload: Uint8Array;
}

/**
 * Records on their way to one reader. A reader that falls behind by more than the queue holds loses it: it is told so and reads
 * the stream again, which has everything. So memory is bounded, whatever the pace of the reader.
 */
export class LiveQueue {
  readonly #capacity: number;
  #records: LiveRecord[] = [];
  #stale = false;
  #wake: (() => void) | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(record: LiveRecord): void {
    if (this.#stale) return;
    if (this.#records.length >= this.#capacity) {
      this.invalidate();
      return;
    }
    this.#records.push(record);
    this.#wake?.();
  }

  /** Something may have been missed: the reader is to read the stream. */
  invalidate(): void {
    this.#stale = true;
    this.#records = [];
    this.#wake?.();
  }

  /** Collects anew; called before the stream is read. */
  restart(): void {
    this.#stale = false;
    this.#records = [];
  }

  /**
   * The next record, or `stale` when the stream has to be read first.
   *
   * @throws the signal's reason
   */
  async take(signal: AbortSignal): Promise<LiveRecord | 'stale'> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#stale) return 'stale';
      const record = this.#records.shift();
      if (record !== undefined) return record;
      await this.#arrival(signal);
    }
  }

  #arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
