import type { Clock } from '@millrace/runtime';
import type { AnswerForm } from '../../engine/constraint.ts';
import { createTurns } from '../../turns.ts';
import { GrammarThread } from './grammar-thread.ts';
import { PooledGrammar } from './pooled-grammar.ts';
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

/** The compiled grammars of a model: those in use, and the ones that were used last. */
export class GrammarPool {
  readonly #options: GrammarPoolOptions;
  /** By grammar, the one that was used last at the end. */
  readonly #entries = new Map<string, PooledGrammar>();
  /** Compiling takes a processor for seconds, so one does it at a time. */
  readonly #turns = createTurns();

  constructor(options: GrammarPoolOptions) {
    this.#options = options;
  }

  /** Grammars that are compiled, and answers that they hold to their form now. */
  get size(): { readonly grammars: number; readonly answers: number } {
    const answers = [...this.#entries.values()].reduce((sum, { open }) => sum + open, 0);
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
      const thread = await entry.compiled(signal);
      return { start: () => thread.start(), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Whether a grammar is not ready yet. */
  get isCompiling(): boolean {
    return [...this.#entries.values()].some(({ isCompiling }) => isCompiling);
  }

  /** The present while one compiles, in milliseconds since the epoch. */
  get lastProgressAt(): number | undefined {
    return this.isCompiling ? this.#options.clock.now() : undefined;
  }

  async stop(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map((entry) => entry.stop()));
  }

  #entryOf(grammar: string): PooledGrammar {
    const known = this.#entries.get(grammar);
    this.#entries.delete(grammar);
    const used = known?.isUsable === true ? known : this.#begin(grammar);
    this.#entries.set(grammar, used);
    return used;
  }

  #begin(grammar: string): PooledGrammar {
    const { vocabulary, clock, compileMs = 15_000, maskMs = 10_000 } = this.#options;
    const limits = { clock, compileMs, maskMs };
    return new PooledGrammar(() => new GrammarThread({ vocabulary, grammar }, limits), this.#turns);
  }

  /** Lets go of what nobody waits for any more, and of what nobody has used lately. */
  #evict(): void {
    const idle = [...this.#entries].filter(([, { leases }]) => leases === 0);
    const compiled = idle.filter(([, { isCompiling }]) => !isCompiling);
    const kept = new Set(compiled.slice(Math.max(0, compiled.length - (this.#options.kept ?? 4))));
    for (const entry of idle) {
      if (kept.has(entry)) continue;
      this.#entries.delete(entry[0]);
      void entry[1].stop();
    }
  }
}
