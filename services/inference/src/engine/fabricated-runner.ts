import { setImmediate as nextTurn } from 'node:timers/promises';
import { MillraceError } from '@millrace/runtime';
import { candidatesOf } from './candidates-of.ts';
import type { Candidates, DecodeRow, ModelRunner } from './model-runner.ts';

export interface FabricatedRunnerOptions {
  readonly slots?: number;
  readonly contextLength?: number;
  readonly vocabularySize?: number;
  readonly prefillChunk?: number;
  /** How many candidates a row offers. */
  readonly candidates?: number;
  /** Drawn rather often by `logitsAfter` unless undefined. */
  readonly endToken?: number;
  /** Whether a sequence may go back to a position and write anew from there, as scoring does. */
  readonly mayRewind?: boolean;
  /** Called before each step, which waits for it and fails with it. */
  readonly beforeStep?: (step: FabricatedStep) => Promise<void> | void;
}

export type FabricatedStep =
  | { readonly kind: 'prefill'; readonly slot: number; readonly start: number; readonly tokens: Int32Array }
  | { readonly kind: 'decode'; readonly rows: readonly DecodeRow[] }
  | { readonly kind: 'extend'; readonly start: number; readonly tokens: readonly number[] };

/**
 * A model runner without a model, for tests. The distribution of the next token is a pure function of all tokens in
 * the slot, so that a wrong slot, position or move shows in the answer; what a real runner would silently get wrong
 * (a gap in the positions, two calls at once, candidates kept too long) throws or poisons.
 */
export class FabricatedRunner implements ModelRunner {
  readonly slots: number;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly prefillChunk: number;
  readonly blockBytes: number;
  closed = false;
  readonly #options: FabricatedRunnerOptions;
  readonly #cache: number[][];
  #busy = false;
  #offered: Candidates[] = [];
  /** The position in slot 0 from which on the last step may have put in tokens that do not belong there. */
  #doubtfulFrom = Infinity;

  constructor(options: FabricatedRunnerOptions = {}) {
    this.slots = options.slots ?? 4;
    this.contextLength = options.contextLength ?? 128;
    this.vocabularySize = options.vocabularySize ?? 260;
    this.prefillChunk = options.prefillChunk ?? 8;
    this.blockBytes = this.prefillChunk * Int32Array.BYTES_PER_ELEMENT;
    this.#options = options;
    this.#cache = Array.from({ length: this.slots + 1 }, () => []);
  }

  async prefill(
    slot: number,
    tokens: Int32Array,
    start: number,
    wantLogits: boolean,
    signal?: AbortSignal,
  ): Promise<Candidates | undefined> {
    return this.#step({ kind: 'prefill', slot, start, tokens: tokens.slice() }, () => {
      if (signal?.aborted === true) throw new MillraceError('cancelled', 'The chunk was stopped.');
      if (tokens.length === 0 || tokens.length > this.prefillChunk)
        throw new Error(`chunk of ${tokens.length}`);
      const cache = this.#slot(slot);
      if (start === 0) cache.length = 0;
      this.#append(cache, start, [...tokens]);
      if (!wantLogits) return undefined;
      return this.#offer([cache])[0];
    });
  }

  async decode(rows: readonly DecodeRow[]): Promise<readonly Candidates[]> {
    return this.#step({ kind: 'decode', rows: [...rows] }, () => {
      const caches = rows.map((row, slot) => {
        if (row.isPadding) return [];
        const cache = this.#slot(slot);
        this.#append(cache, row.position, [row.token]);
        return cache;
      });
      return this.#offer(caches);
    });
  }

  async extend(tokens: readonly number[], start: number): Promise<readonly Candidates[]> {
    return this.#step({ kind: 'extend', tokens: [...tokens], start }, () => {
      const cache = this.#slot(0);
      const caches = tokens.map((token, index) => {
        this.#append(cache, start + index, [token]);
        return cache.slice();
      });
      this.#doubtfulFrom = start + 1;
      return this.#offer(caches);
    });
  }

  moveSlot(from: number, to: number, length: number): void {
    if (this.#busy) throw new Error('a slot was moved during a step');
    const cache = this.#slot(from);
    if (cache.length < length) throw new Error(`slot ${from} has ${cache.length} positions, not ${length}`);
    this.#cache[to] = cache.slice(0, length);
    this.#cache[from] = [];
  }

  saveBlock(slot: number, start: number, block: Uint8Array): void {
    if (this.#busy) throw new Error('a block was saved during a step');
    const tokens = this.#slot(slot).slice(start, start + this.prefillChunk);
    if (tokens.length < this.prefillChunk) throw new Error(`slot ${slot} has no whole block at ${start}`);
    new Int32Array(block.buffer, block.byteOffset, this.prefillChunk).set(tokens);
  }

  loadBlock(slot: number, start: number, block: Uint8Array): void {
    if (this.#busy) throw new Error('a block was loaded during a step');
    const cache = this.#slot(slot);
    if (start === 0) cache.length = 0;
    this.#append(cache, start, [...new Int32Array(block.buffer, block.byteOffset, this.prefillChunk)]);
  }

  close(): Promise<void> {
    if (this.#busy) throw new Error('the runner was closed during a step');
    this.closed = true;
    return Promise.resolve();
  }

  async #step<T>(step: FabricatedStep, run: () => T): Promise<T> {
    if (this.#busy || this.closed) throw new Error('two steps at once, or one after the end');
    this.#busy = true;
    for (const { tokens, logits } of this.#offered) {
      tokens.fill(-1);
      logits.fill(NaN);
    }
    this.#offered = [];
    try {
      await this.#options.beforeStep?.(step);
      await nextTurn();
      return run();
    } finally {
      this.#busy = false;
    }
  }

  #slot(slot: number): number[] {
    const cache = this.#cache[slot];
    if (cache === undefined) throw new Error(`there is no slot ${slot}`);
    return cache;
  }

  #append(cache: number[], position: number, tokens: readonly number[]): void {
    if (this.#options.mayRewind === true && position < cache.length) cache.length = position;
    if (cache === this.#cache[0]) {
      if (position >= this.#doubtfulFrom) cache.length = Math.min(cache.length, position);
      this.#doubtfulFrom = Infinity;
    }
    if (position !== cache.length) throw new Error(`position ${position} behind ${cache.length} cached ones`);
    if (position + tokens.length > this.contextLength) throw new Error('the slot is full');
    if (tokens.some((token) => token < 0 || token >= this.vocabularySize)) throw new Error('unknown token');
    cache.push(...tokens);
  }

  #offer(caches: readonly (readonly number[])[]): Candidates[] {
    this.#offered = caches.map((tokens) =>
      candidatesOf(
        logitsAfter(tokens, this.vocabularySize, this.#options.endToken),
        this.#options.candidates ?? 64,
      ),
    );
    return this.#offered;
  }
}

/** Logits that depend on every token and on their order (FNV-1a, then xorshift for each entry). */
function logitsAfter(tokens: readonly number[], vocabularySize: number, endToken?: number): Float32Array {
  let hash = 0x811c9dc5;
  for (const token of tokens) hash = Math.imul(hash ^ (token + 1), 0x01000193);
  const logits = Float32Array.from({ length: vocabularySize }, () => {
    hash ^= hash << 13;
    hash ^= hash >>> 17;
    hash ^= hash << 5;
    return ((hash >>> 0) / 2 ** 32) * 8;
  });
  if (endToken !== undefined) logits[endToken] = hash % 16 === 0 ? 12 : -4;
  return logits;
}
