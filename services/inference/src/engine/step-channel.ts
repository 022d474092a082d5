import type { DrawnToken } from './draw-token.ts';
import type { FinishedStep, Step } from './generation.ts';
import type { TokenLogprobs } from './logprobs.ts';

interface Waiting {
  readonly resolve: (result: IteratorResult<Step, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The steps of one generation on their way to its reader, who iterates once.
 *
 * Tokens that the reader has not fetched yet are merged into one step, so what waits here is never more than the answer
 * itself, however slow the reader.
 */
export class StepChannel implements AsyncIterableIterator<Step, undefined> {
  readonly #onReaderLeft: () => void;
  readonly #onEnd: () => void;
  readonly #waiting: Waiting[] = [];
  #resumed: string | undefined;
  #tokens: number[] = [];
  #logprobs: TokenLogprobs[] = [];
  #text = '';
  #finished: FinishedStep | undefined;
  #error: Error | undefined;
  #closed = false;

  /**
   * @param onReaderLeft called when the reader stops iterating before the end
   * @param onEnd called when the last step or the error has been put in
   */
  constructor(onReaderLeft: () => void, onEnd: () => void = () => undefined) {
    this.#onReaderLeft = onReaderLeft;
    this.#onEnd = onEnd;
  }

  pushResumed(text: string): void {
    this.#resumed = text;
    this.#deliver();
  }

  pushToken({ token, logprobs }: DrawnToken, text: string): void {
    this.#tokens.push(token);
    if (logprobs !== undefined) this.#logprobs.push(logprobs);
    this.#text += text;
    this.#deliver();
  }

  finish(step: FinishedStep): void {
    this.#finished = step;
    this.#onEnd();
    this.#deliver();
  }

  /** The reader gets what is waiting, then the error. */
  fail(error: Error): void {
    this.#error = error;
    this.#onEnd();
    this.#deliver();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Step, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#deliver();
    });
  }

  return(): Promise<IteratorResult<Step, undefined>> {
    if (!this.#closed) {
      this.#close();
      this.#onReaderLeft();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  #deliver(): void {
    while (this.#waiting.length > 0) {
      if (!this.#closed && this.#error !== undefined && !this.#hasTextSteps()) {
        const error = this.#error;
        this.#closed = true;
        this.#waiting.shift()?.reject(error);
      } else if (this.#closed) {
        this.#waiting.shift()?.resolve({ done: true, value: undefined });
      } else {
        const step = this.#takeStep();
        if (step === undefined) return;
        if (step.kind === 'finished') this.#closed = true;
        this.#waiting.shift()?.resolve({ done: false, value: step });
      }
    }
  }

  #hasTextSteps(): boolean {
    return this.#resumed !== undefined || this.#tokens.length > 0;
  }

  #takeStep(): Step | undefined {
    if (this.#resumed !== undefined) {
      const text = this.#resumed;
      this.#resumed = undefined;
      return { kind: 'resumed', text };
    }
    if (this.#tokens.length > 0) {
      const step: Step = {
        kind: 'tokens',
        tokens: Int32Array.from(this.#tokens),
        logprobs: this.#logprobs.length === 0 ? undefined : this.#logprobs,
        text: this.#text,
      };
      this.#tokens = [];
      this.#logprobs = [];
      this.#text = '';
      return step;
    }
    return this.#finished;
  }

  #close(): void {
    this.#closed = true;
    this.#tokens = [];
    this.#logprobs = [];
    this.#text = '';
    this.#deliver();
  }
}
