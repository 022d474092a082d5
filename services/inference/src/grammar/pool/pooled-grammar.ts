import { MillraceError } from '@millrace/runtime';
import type { Turns } from '../../turns.ts';
import type { GrammarThread } from './grammar-thread.ts';

/** A grammar from the moment when it is asked for. It waits for its turn, so that compiling never takes the engine more than one processor. */
export class PooledGrammar {
  /** How many requests use it or wait for it. */
  leases = 0;
  readonly #abandoned = new AbortController();
  readonly #compiled: Promise<GrammarThread>;
  #thread: GrammarThread | undefined;
  #isCompiling = true;

  constructor(begin: () => GrammarThread, turns: Turns) {
    this.#compiled = this.#compile(begin, turns);
    // It may fail while nobody waits for it.
    this.#compiled.catch(() => undefined);
  }

  /** Whether it is not ready yet. */
  get isCompiling(): boolean {
    return this.#isCompiling;
  }

  get isUsable(): boolean {
    return this.#isCompiling || (this.#thread !== undefined && this.#thread.failure === undefined);
  }

  /** Answers that it holds to their form now. */
  get open(): number {
    return this.#thread?.open ?? 0;
  }

  /** @throws the signal's reason; what kept it from being compiled */
  async compiled(signal: AbortSignal): Promise<GrammarThread> {
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([this.#compiled, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async stop(): Promise<void> {
    this.#abandoned.abort(
      new MillraceError('unavailable', 'The grammar is needed no more', { retryable: true }),
    );
    await this.#thread?.stop();
  }

  async #compile(begin: () => GrammarThread, turns: Turns): Promise<GrammarThread> {
    const { signal } = this.#abandoned;
    const leave = await turns.enter(signal);
    try {
      signal.throwIfAborted();
      this.#thread = begin();
      await this.#thread.ready();
      return this.#thread;
    } finally {
      this.#isCompiling = false;
      leave();
    }
  }
}
