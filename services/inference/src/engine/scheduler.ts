/** What the scheduler knows of a sequence. It sets `slot`; the engine sets `cached`. */
export interface Schedulable {
  /** Row of the cache, or -1 without one. */
  slot: number;
  /** Positions in the cache. */
  readonly cached: number;
  /** Positions to fill before the first token can be drawn. */
  readonly prefixLength: number;
}

/** What to run next. */
export type Action<S> =
  /** One chunk: positions `start` to `end - 1` of the prefix. The first token is drawn after the `last` one. */
  | {
      readonly kind: 'prefill';
      readonly sequence: S;
      readonly start: number;
      readonly end: number;
      readonly last: boolean;
    }
  /** One token for each of these, which are in slots 0, 1, 2 … */
  | { readonly kind: 'decode'; readonly sequences: readonly S[] };

/** The first `length` positions of slot `from` have to be copied to slot `to` before anything else runs. */
export interface SlotMove {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/**
 * Decides what runs next: pure bookkeeping, no model, no time.
 *
 * - Iteration-level batching (Yu et al., "Orca", OSDI 2022): each decode step takes all sequences that have come so far;
 *   new ones join and finished ones leave between steps.
 * - A prefill chunk alternates with a decode step, so a prompt of any length delays the others' tokens by one chunk at a
 *   time, and decoding delays a prefill by one step at a time.
 * - First come, first served: one sequence is prefilled at a time, and takes a slot only then.
 * - The sequences that decode are always in slots 0 to n - 1: the last one moves into the hole that a finished one leaves.
 *   The one that is prefilled keeps its slot behind them until it joins them.
 */
export class Scheduler<S extends Schedulable> {
  readonly #slots: number;
  readonly #prefillChunk: number;
  readonly #waiting: S[] = [];
  readonly #decoding: S[] = [];
  #prefilling: S | undefined;
  #prefilledLast = false;

  constructor(limits: { readonly slots: number; readonly prefillChunk: number }) {
    this.#slots = limits.slots;
    this.#prefillChunk = limits.prefillChunk;
  }

  /** Sequences that have a slot. */
  get running(): number {
    return this.#decoding.length + (this.#prefilling === undefined ? 0 : 1);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Slots that neither a running sequence has nor a waiting one will take. */
  get freeSlots(): number {
    return Math.max(0, this.#slots - this.running - this.waiting);
  }

  sequences(): S[] {
    return [
      ...this.#decoding,
      ...(this.#prefilling === undefined ? [] : [this.#prefilling]),
      ...this.#waiting,
    ];
  }

  /** Positions that the sequence in a slot has cached; 0 without one. */
  cachedIn(slot: number): number {
    const held = this.#prefilling?.slot === slot ? this.#prefilling : this.#decoding[slot];
    return held?.cached ?? 0;
  }

  add(sequence: S): void {
    this.#waiting.push(sequence);
  }

  /** The next action, which the caller carries out; undefined when there is nothing to do. */
  next(): Action<S> | undefined {
    const sequence = this.#decoding.length === 0 || !this.#prefilledLast ? this.#toPrefill() : undefined;
    if (sequence !== undefined) {
      this.#prefilledLast = true;
      const start = sequence.cached;
      const end = Math.min(start + this.#prefillChunk, sequence.prefixLength);
      return { kind: 'prefill', sequence, start, end, last: end === sequence.prefixLength };
    }
    this.#prefilledLast = false;
    return this.#decoding.length === 0 ? undefined : { kind: 'decode', sequences: [...this.#decoding] };
  }

  /** The last chunk of its prefix has run: the sequence decodes from now on. */
  prefilled(sequence: S): SlotMove | undefined {
    if (this.#prefilling !== sequence) return undefined;
    this.#prefilling = undefined;
    const to = this.#decoding.length;
    this.#decoding.push(sequence);
    return moveTo(sequence, to);
  }

  /** The sequence has ended or was cancelled, wherever it is. */
  remove(sequence: S): SlotMove | undefined {
    const hole = sequence.slot;
    sequence.slot = -1;
    if (this.#prefilling === sequence) {
      this.#prefilling = undefined;
      return undefined;
    }
    if (hole === -1) {
      const index = this.#waiting.indexOf(sequence);
      if (index !== -1) this.#waiting.splice(index, 1);
      return undefined;
    }
    const last = this.#decoding.pop();
    if (last === undefined || last === sequence) return undefined;
    this.#decoding[hole] = last;
    return moveTo(last, hole);
  }

  #toPrefill(): S | undefined {
    if (this.#prefilling === undefined && this.#decoding.length < this.#slots) {
      this.#prefilling = this.#waiting.shift();
      if (this.#prefilling !== undefined) this.#prefilling.slot = this.#decoding.length;
    }
    return this.#prefilling;
  }
}

function moveTo(sequence: Schedulable, to: number): SlotMove | undefined {
  const from = sequence.slot;
  sequence.slot = to;
  return from === to ? undefined : { from, to, length: sequence.cached };
}
