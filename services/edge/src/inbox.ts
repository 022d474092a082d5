/** What the inbox needs of a WebSocket. */
export interface PausableSocket {
  pause(): void;
  resume(): void;
}

export interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** Frames that wait at most before the socket is paused; what the kernel has handed over already still comes. */
const pauseAt = 16;

/** The frames of a connection, handled one after the other; while there are too many, nothing more is read from the socket. */
export class Inbox {
  readonly #socket: PausableSocket;
  #frames: Frame[] = [];
  #next = 0;
  #paused = false;
  #wake: (() => void) | undefined;

  constructor(socket: PausableSocket) {
    this.#socket = socket;
  }

  push(frame: Frame): void {
    this.#frames.push(frame);
    if (!this.#paused && this.#frames.length - this.#next >= pauseAt) {
      this.#paused = true;
      this.#socket.pause();
    }
    this.#wake?.();
  }

  /** @returns the next frame, or undefined once the signal is aborted */
  async take(signal: AbortSignal): Promise<Frame | undefined> {
    while (!signal.aborted) {
      const frame = this.#frames[this.#next];
      if (frame !== undefined) {
        this.#next += 1;
        return frame;
      }
      this.#frames = [];
      this.#next = 0;
      if (this.#paused) {
        this.#paused = false;
        this.#socket.resume();
      }
      await this.#arrival(signal);
    }
    return undefined;
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
