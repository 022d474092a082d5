import { orAborted } from './sleep.ts';
import type { AnswerMessage } from './wire-messages.ts';

/** Messages that wait for a slow reader. What comes beyond is left out, and asked for again when the reader has got there. */
const mostWaiting = 1_024;

/** The messages of one request on one connection, in their order. */
export class Channel {
  #waiting: AnswerMessage[] = [];
  #next = 0;
  #end: AnswerMessage | undefined;
  #lost: Error | undefined;
  #hasGap = false;
  #wake: (() => void) | undefined;

  push(message: AnswerMessage): void {
    const isEnd = message.type === 'completed' || message.type === 'error';
    if (isEnd) this.#end = message;
    else if (this.#hasGap || this.#waiting.length - this.#next >= mostWaiting) this.#hasGap = true;
    else this.#waiting.push(message);
    this.#wake?.();
  }

  /** Nothing more comes. */
  lose(error: Error): void {
    this.#lost ??= error;
    this.#wake?.();
  }

  /**
   * The next message. `gap`: the reader fell so far behind that what comes next was left out; the request has ended on this
   * connection and is to be resumed.
   *
   * @throws why the connection was lost, the signal's reason
   */
  async take(signal?: AbortSignal): Promise<AnswerMessage | 'gap'> {
    for (;;) {
      signal?.throwIfAborted();
      const message = this.#waiting[this.#next];
      if (message !== undefined) {
        this.#next += 1;
        if (this.#next === mostWaiting) {
          this.#waiting = this.#waiting.slice(mostWaiting);
          this.#next = 0;
        }
        return message;
      }
      this.#waiting = [];
      this.#next = 0;
      if (this.#end !== undefined) return this.#hasGap ? 'gap' : this.#end;
      if (this.#lost !== undefined) throw this.#lost;
      const arrival = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await orAborted(arrival, signal);
    }
  }
}
