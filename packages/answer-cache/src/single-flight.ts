/** Work for a key that others wait for. */
export interface Flight<Value> {
  /** Ends it: those that wait get the value, or, where there is none, one of them does the work. Only the first call counts. */
  land(value: Value | undefined): void;
}

/** Lets the same work be done once, however many ask for it at the same time. */
export class SingleFlight<Value> {
  readonly #flights = new Map<string, Promise<Value | undefined>>();

  get size(): number {
    return this.#flights.size;
  }

  /** Whether someone is at it. */
  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /** @throws where someone is at it already */
  begin(key: string): Flight<Value> {
    if (this.#flights.has(key)) throw new Error('The same work is under way already.');
    const landed = Promise.withResolvers<Value | undefined>();
    this.#flights.set(key, landed.promise);
    let isUnderWay = true;
    return {
      land: (value) => {
        if (!isUnderWay) return;
        isUnderWay = false;
        this.#flights.delete(key);
        landed.resolve(value);
      },
    };
  }

  /** Waits for who is at it. @returns its value, or undefined where it has none, nobody is at it, or the signal is aborted */
  async follow(key: string, signal: AbortSignal): Promise<Value | undefined> {
    const flight = this.#flights.get(key);
    if (flight === undefined || signal.aborted) return undefined;
    const aborted = Promise.withResolvers<undefined>();
    const abort = (): void => aborted.resolve(undefined);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([flight, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}
