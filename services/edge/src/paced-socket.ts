/** What pacing needs of a WebSocket. */
export interface SendingSocket {
  readonly bufferedAmount: number;
  send(data: string, sent: (error?: Error | null) => void): void;
}

/**
 * Sends at the pace of the peer: beyond the high-water mark `writable` waits until half of it has left. So a peer that reads
 * slowly costs at most the mark and one message.
 */
export class PacedSocket {
  readonly #socket: SendingSocket;
  readonly #highWaterBytes: number;
  readonly #waiting = new Set<() => void>();
  #progress = 0;

  constructor(socket: SendingSocket, highWaterBytes: number) {
    this.#socket = socket;
    this.#highWaterBytes = highWaterBytes;
  }

  /** Messages that have left. */
  get progress(): number {
    return this.#progress;
  }

  get isFull(): boolean {
    return this.#socket.bufferedAmount >= this.#highWaterBytes;
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message), (error) => {
      if (error === undefined || error === null) this.#progress += 1;
      if (this.#socket.bufferedAmount * 2 <= this.#highWaterBytes) this.release();
    });
  }

  /** Resolves when there is room. @throws the signal's reason */
  async writable(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.isFull) {
      await this.#room(signal);
      signal.throwIfAborted();
    }
  }

  /** Lets all who wait look again. */
  release(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  #room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
