/** A sequence whose prefix is not in the cache yet. */
export interface Queued {
  /** Who it is for; each gets a share. */
  readonly tenant: string;
  /** Its share in relation to others; above 0. */
  readonly weight: number;
  readonly cached: number;
  readonly prefixLength: number;
}

/** Sequences that share what they get: those of one tenant with one weight. */
interface Flow<S> {
  /** When its next chunk is due, in virtual time: tokens by weight. */
  due: number;
  /** The oldest first. */
  readonly sequences: Set<S>;
  /** Whether the next chunk is for the one that needs least. */
  isTurnOfShortest: boolean;
}

/**
 * Whose chunk is prefilled next.
 *
 * - Between tenants: start-time fair queueing (Goyal, Vin, Cheng, 1996). Each gets tokens in proportion to its weight, however many
 *   sequences it has; one that comes back has saved nothing up.
 * - Within a tenant: in turn the sequence that needs least, so that a short prompt does not wait for a long one, and the oldest,
 *   so that a long one does not wait for ever for short ones.
 *
 * So nobody starves: of a tenant's chunks every second one is for its oldest sequence, and the tenant gets its share of all.
 */
export class PrefillOrder<S extends Queued> {
  readonly #flows = new Map<string, Flow<S>>();
  #now = 0;

  get size(): number {
    let size = 0;
    for (const { sequences } of this.#flows.values()) size += sequences.size;
    return size;
  }

  /** Tenants, with each weight that they use, whose share is known. */
  get flows(): number {
    return this.#flows.size;
  }

  /** All of them, in no particular order. */
  *sequences(): Generator<S> {
    for (const { sequences } of this.#flows.values()) yield* sequences;
  }

  add(sequence: S): void {
    const key = keyOf(sequence);
    const flow = this.#flows.get(key) ?? { due: 0, sequences: new Set(), isTurnOfShortest: true };
    if (flow.sequences.size === 0) flow.due = Math.max(flow.due, this.#now);
    flow.sequences.add(sequence);
    this.#flows.set(key, flow);
  }

  remove(sequence: S): void {
    const flow = this.#flows.get(keyOf(sequence));
    flow?.sequences.delete(sequence);
    if (this.size > 0) return;
    // Nobody waits, so nobody owes anything.
    this.#flows.clear();
    this.#now = 0;
  }

  /** Chooses one of those that can run. */
  next(canRun: (sequence: S) => boolean): S | undefined {
    let chosen: { readonly flow: Flow<S>; readonly able: readonly S[] } | undefined;
    for (const [key, flow] of this.#flows) {
      // What it had too much of counts until then, should it come back.
      if (flow.sequences.size === 0 && flow.due <= this.#now) this.#flows.delete(key);
      if (chosen !== undefined && chosen.flow.due < flow.due) continue;
      const able = [...flow.sequences].filter(canRun);
      if (able.length === 0) continue;
      if (chosen?.flow.due === flow.due && needs(chosen.able) <= needs(able)) continue;
      chosen = { flow, able };
    }
    if (chosen === undefined) return undefined;
    const { flow, able } = chosen;
    this.#now = Math.max(this.#now, flow.due);
    const [oldest] = able;
    return flow.isTurnOfShortest
      ? able.reduce((least, each) => (remaining(each) < remaining(least) ? each : least))
      : oldest;
  }

  /** The sequence that was chosen gets so many tokens. */
  charge(sequence: S, tokens: number): void {
    const flow = this.#flows.get(keyOf(sequence));
    if (flow === undefined) return;
    flow.due += tokens / sequence.weight;
    // Who had the turn while nobody else was there has taken it from nobody.
    flow.isTurnOfShortest = flow.sequences.size === 1 || !flow.isTurnOfShortest;
  }

  /** The chunk of so many tokens that the sequence was charged for has been stopped. */
  giveBack(sequence: S, tokens: number): void {
    const flow = this.#flows.get(keyOf(sequence));
    if (flow === undefined) return;
    flow.due -= tokens / sequence.weight;
    flow.isTurnOfShortest = true;
  }
}

function keyOf({ tenant, weight }: Queued): string {
  return `${weight} ${tenant}`;
}

function needs(sequences: readonly Queued[]): number {
  return Math.min(...sequences.map(remaining));
}

function remaining({ prefixLength, cached }: Queued): number {
  return prefixLength - cached;
}
