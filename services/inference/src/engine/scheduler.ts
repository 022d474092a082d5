import { PrefillOrder, type Queued } from './prefill-order.ts';

/** What the scheduler knows of a sequence. It sets `slot`; the engine sets `cached`. */
export interface Schedulable extends Queued {
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

/** The shortest chunk costs about this part of a full one. */
const leastCostShare = 8;

/** A prompt that needs more chunks than this is filled far from the sequences that decode, where it is in nobody's way. */
const longChunks = 8;

/**
 * Decides what runs next: pure bookkeeping, no model, no time.
 *
 * - Iteration-level batching (Yu et al., "Orca", OSDI 2022): each decode step takes all sequences that have come so far;
 *   new ones join and finished ones leave between steps.
 * - A prefill chunk alternates with a decode step, so a prompt of any length delays the others' tokens by one chunk at a
 *   time, and decoding delays a prefill by one step at a time.
 * - A chunk that runs is stopped for a newcomer that one chunk fills, but not twice in a row.
 * - Several sequences are prefilled at a time, chunk by chunk, in the order of `PrefillOrder`.
 * - The sequences that decode are always in slots 0 to n - 1: the last one moves into the hole that a finished one leaves.
 *   Those that are prefilled have slots behind them; one that joins them takes slot n. Who is there makes way, through the slot
 *   behind the last one where no other is free.
 */
export class Scheduler<S extends Schedulable> {
  readonly #slots: number;
  readonly #prefillChunk: number;
  /** With a slot or still without one. */
  readonly #prefilling = new PrefillOrder<S>();
  readonly #decoding: S[] = [];
  /** By slot: who fills it. */
  readonly #filling: (S | undefined)[];
  #prefilledLast = false;

  constructor(limits: { readonly slots: number; readonly prefillChunk: number }) {
    this.#slots = limits.slots;
    this.#prefillChunk = limits.prefillChunk;
    this.#filling = Array.from({ length: limits.slots });
  }

  /** Sequences that have a slot. */
  get running(): number {
    return this.#decoding.length + this.#filling.filter((sequence) => sequence !== undefined).length;
  }

  get waiting(): number {
    return this.#decoding.length + this.#prefilling.size - this.running;
  }

  /** Slots that neither a running sequence has nor a waiting one will take. */
  get freeSlots(): number {
    return Math.max(0, this.#slots - this.running - this.waiting);
  }

  sequences(): S[] {
    return [...this.#decoding, ...this.#prefilling.sequences()];
  }

  /** Positions that the sequence in a slot has cached; 0 without one. */
  cachedIn(slot: number): number {
    return (this.#decoding[slot] ?? this.#filling[slot])?.cached ?? 0;
  }

  add(sequence: S): void {
    this.#prefilling.add(sequence);
  }

  /** The next action, which the caller carries out; undefined when there is nothing to do. */
  next(): Action<S> | undefined {
    const sequence = this.#decoding.length === 0 || !this.#prefilledLast ? this.#toPrefill() : undefined;
    if (sequence !== undefined) {
      this.#prefilledLast = true;
      const start = sequence.cached;
      const end = Math.min(start + this.#prefillChunk, sequence.prefixLength);
      this.#prefilling.charge(sequence, this.#costOf(start, end));
      return { kind: 'prefill', sequence, start, end, last: end === sequence.prefixLength };
    }
    this.#prefilledLast = false;
    return this.#decoding.length === 0 ? undefined : { kind: 'decode', sequences: [...this.#decoding] };
  }

  /**
   * Whether a newcomer that one chunk fills would come next if the chunk that runs, not the last of its sequence, were stopped. If so,
   * that chunk counts as not run: the caller stops it.
   */
  overtakes(newcomer: S, { sequence, start, end, last }: Extract<Action<S>, { kind: 'prefill' }>): boolean {
    if (last || newcomer.prefixLength > this.#prefillChunk) return false;
    this.#prefilling.giveBack(sequence, this.#costOf(start, end));
    if (this.#prefilling.next((each) => this.#canPrefill(each)) === newcomer) return true;
    this.#prefilling.charge(sequence, this.#costOf(start, end));
    return false;
  }

  /** The last chunk of its prefix has run: the sequence decodes from now on. @returns what is to be copied, in this order */
  prefilled(sequence: S): readonly SlotMove[] {
    if (this.#filling[sequence.slot] !== sequence) return [];
    this.#prefilling.remove(sequence);
    const { slot } = sequence;
    const to = this.#decoding.length;
    const inTheWay = this.#filling[to];
    this.#filling[slot] = undefined;
    this.#filling[to] = undefined;
    this.#decoding.push(sequence);
    if (inTheWay === undefined || inTheWay === sequence) return moveTo(sequence, to);
    const free = this.#freeSlots(to + 1).findLast((each) => each !== slot);
    this.#filling[free ?? slot] = inTheWay;
    if (free !== undefined) return [...moveTo(inTheWay, free), ...moveTo(sequence, to)];
    return [...moveTo(sequence, this.#slots), ...moveTo(inTheWay, slot), ...moveTo(sequence, to)];
  }

  /** The sequence has ended or was cancelled, wherever it is. @returns what is to be copied */
  remove(sequence: S): readonly SlotMove[] {
    const hole = sequence.slot;
    sequence.slot = -1;
    if (this.#decoding[hole] !== sequence) {
      this.#prefilling.remove(sequence);
      if (this.#filling[hole] === sequence) this.#filling[hole] = undefined;
      return [];
    }
    const last = this.#decoding.pop();
    if (last === undefined || last === sequence) return [];
    this.#decoding[hole] = last;
    return moveTo(last, hole);
  }

  #toPrefill(): S | undefined {
    const free = this.#freeSlots(this.#decoding.length);
    const sequence = this.#prefilling.next((each) => this.#canPrefill(each, free));
    if (sequence === undefined || sequence.slot !== -1) return sequence;
    const isLong = sequence.prefixLength > longChunks * this.#prefillChunk;
    sequence.slot = (isLong ? free.at(-1) : free[0]) ?? -1;
    this.#filling[sequence.slot] = sequence;
    return sequence;
  }

  #canPrefill({ slot }: S, free = this.#freeSlots(this.#decoding.length)): boolean {
    return slot !== -1 || free.length > 0;
  }

  #costOf(start: number, end: number): number {
    return Math.max(end - start, this.#prefillChunk / leastCostShare);
  }

  #freeSlots(from: number): number[] {
    const free = [];
    for (let slot = from; slot < this.#slots; slot += 1)
      if (this.#filling[slot] === undefined) free.push(slot);
    return free;
  }
}

function moveTo(sequence: Schedulable, to: number): SlotMove[] {
  const from = sequence.slot;
  sequence.slot = to;
  return from === to ? [] : [{ from, to, length: sequence.cached }];
}
