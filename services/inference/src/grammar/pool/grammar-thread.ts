import { Worker } from 'node:worker_threads';
import { MillraceError, type Clock } from '@millrace/runtime';
import type { Constraint, TokenMask } from '../../engine/constraint.ts';
import type { GrammarRequest, GrammarResponse, GrammarWorkerData } from './grammar-messages.ts';

export interface ThreadLimits {
  readonly clock: Clock;
  /** Until the grammar is compiled, in milliseconds. */
  readonly compileMs: number;
  /** Until a mask is there, in milliseconds. */
  readonly maskMs: number;
}

/** A compiled grammar in a thread of its own: compiling takes seconds for some, and an error within it aborts WebAssembly. */
export class GrammarThread {
  readonly #worker: Worker;
  readonly #limits: ThreadLimits;
  readonly #waiting = new Map<number, PromiseWithResolvers<TokenMask>>();
  readonly #ready = Promise.withResolvers<void>();
  #matchers = 0;
  #open = 0;
  #failure: MillraceError | undefined;

  constructor(data: GrammarWorkerData, limits: ThreadLimits) {
    this.#limits = limits;
    this.#worker = new Worker(new URL('grammar-worker.ts', import.meta.url), {
      workerData: data,
      stdout: true,
      stderr: true,
    });
    this.#worker.unref();
    // What xgrammar prints would quote the schema.
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on('message', (response: GrammarResponse) => this.#take(response));
    this.#worker.on('error', (error) =>
      this.#fail(new MillraceError('engine_failed', 'A grammar failed', { cause: error })),
    );
    this.#worker.on('exit', () =>
      this.#fail(new MillraceError('engine_failed', 'The thread of a grammar ended')),
    );
  }

  /** Why it can be used no more. */
  get failure(): MillraceError | undefined {
    return this.#failure;
  }

  /** Matchers that are not closed yet. */
  get open(): number {
    return this.#open;
  }

  /** Resolves when the grammar is compiled. @throws what ended it before */
  async ready(): Promise<void> {
    const timer = this.#limits.clock.setTimer(this.#limits.compileMs, () =>
      this.#fail(new MillraceError('engine_failed', 'A grammar was not compiled in time')),
    );
    try {
      await this.#ready.promise;
    } finally {
      timer.cancel();
    }
  }

  start(): Constraint {
    const matcher = (this.#matchers += 1);
    this.#open += 1;
    let accepted: number[] = [];
    let closed = false;
    return {
      accept: (token) => void accepted.push(token),
      nextMask: () => {
        const accept = accepted;
        accepted = [];
        return this.#mask(matcher, accept);
      },
      close: () => {
        if (closed) return;
        closed = true;
        this.#post({ kind: 'close', matcher });
      },
    };
  }

  async stop(): Promise<void> {
    this.#fail(new MillraceError('unavailable', 'The engine was stopped', { retryable: true }));
    await this.#worker.terminate();
  }

  async #mask(matcher: number, accept: readonly number[]): Promise<TokenMask> {
    if (this.#failure !== undefined) throw this.#failure;
    const waiting = Promise.withResolvers<TokenMask>();
    this.#waiting.set(matcher, waiting);
    const timer = this.#limits.clock.setTimer(this.#limits.maskMs, () =>
      this.#fail(new MillraceError('engine_failed', 'A grammar gave no mask in time')),
    );
    this.#post({ kind: 'step', matcher, accept });
    try {
      return await waiting.promise;
    } finally {
      timer.cancel();
    }
  }

  #post(request: GrammarRequest): void {
    if (this.#failure !== undefined) return;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(request);
  }

  #take(response: GrammarResponse): void {
    if (response.kind === 'ready') {
      this.#ready.resolve();
      return;
    }
    if (response.kind === 'closed') {
      this.#open -= 1;
      return;
    }
    const waiting = this.#waiting.get(response.matcher);
    this.#waiting.delete(response.matcher);
    if (response.kind === 'mask') waiting?.resolve(response.mask);
    else
      waiting?.reject(
        new MillraceError('engine_failed', 'The answer has a token that its form does not allow'),
      );
  }

  #fail(error: MillraceError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#open = 0;
    this.#ready.reject(error);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    void this.#worker.terminate();
  }
}
