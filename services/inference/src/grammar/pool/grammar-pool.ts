import type { Clock } from '@millrace/runtime';
import type { AnswerForm } from '../../engine/constraint.ts';
import { GrammarThread } from './grammar-thread.ts';
import type { EncodedVocabulary } from './vocabulary.ts';

export interface GrammarPoolOptions {
  readonly vocabulary: EncodedVocabulary;
  readonly clock: Clock;
  /** Grammars that are kept for later requests, those in use not counted. */
  readonly kept?: number;
  readonly compileMs?: number;
  readonly maskMs?: number;
}

/** A grammar that is compiled and stays so until it is released. */
export interface GrammarLease extends AnswerForm {
  release(): void;
}

interface Entry {
  readonly thread: GrammarThread;
  leases: number;
}

/** The compiled grammars of a model: those in use, and the ones that were used last. */
export class GrammarPool {
  readonly #options: GrammarPoolOptions;
  /** By grammar, the one that was used last at the end. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: GrammarPoolOptions) {
    this.#options = options;
  }

  /** Grammars that are compiled, and answers that they hold to their form now. */
  get size(): { readonly grammars: number; readonly answers: number } {
    const answers = [...this.#entries.values()].reduce((sum, { thread }) => sum + thread.open, 0);
    return { grammars: this.#entries.size, answers };
  }

  /**
   * Compiles a grammar, or takes the one that is there.
   *
   * @param grammar in xgrammar's EBNF
   * @throws the signal's reason; MillraceError engine_failed when it cannot be compiled
   */
  async lease(grammar: string, signal: AbortSignal): Promise<GrammarLease> {
    signal.throwIfAborted();
    const entry = this.#entryOf(grammar);
    entry.leases += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      entry.leases -= 1;
      this.#evict();
    };
    try {
      await settledOrAborted(entry.thread.ready(), signal);
    } catch (error) {
      release();
      throw error;
    }
    return { start: () => entry.thread.start(), release };
  }

  /** Whether a grammar is not ready yet. */
  get isCompiling(): boolean {
    return [...this.#entries.values()].some(({ thread }) => thread.isCompiling);
  }

  /** The present while one compiles, in milliseconds since the epoch. */
  get lastProgressAt(): number | undefined {
    return this.isCompiling ? this.#options.clock.now() : undefined;
  }

  async stop(): Promise<void> {
    const threads = [...this.#entries.values()].map(({ thread }) => thread);
    this.#entries.clear();
    await Promise.all(threads.map((thread) => thread.stop()));
  }

  #entryOf(grammar: string): Entry {
    const known = this.#entries.get(grammar);
    this.#entries.delete(grammar);
    const entry = known?.thread.failure === undefined ? known : undefined;
    const used = entry ?? { thread: this.#begin(grammar), leases: 0 };
    this.#entries.set(grammar, used);
    return used;
  }

  #begin(grammar: string): GrammarThread {
    const { vocabulary, clock, compileMs = 30_000, maskMs = 10_000 } = this.#options;
    return new GrammarThread({ vocabulary, grammar }, { clock, compileMs, maskMs });
  }

  #evict(): void {
    const idle = [...this.#entries].filter(([, { leases }]) => leases === 0);
    const kept = this.#options.kept ?? 4;
    for (const [grammar, { thread }] of idle.slice(0, Math.max(0, idle.length - kept))) {
      this.#entries.delete(grammar);
      void thread.stop();
    }
  }
}

async function settledOrAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
