import assert from 'node:assert/strict';
import { Scheduler, type Schedulable, type SlotMove } from './scheduler.ts';

export interface Toy extends Schedulable {
  readonly name: number;
  cached: number;
  /** Decode steps until it ends. */
  left: number;
}

/** One action that ran, and what could have run. */
interface Ran {
  readonly kind: 'prefill' | 'decode';
  readonly name: string;
  readonly couldDecode: boolean;
  readonly couldPrefill: boolean;
}

export const toy = (name: number, prefixLength: number, left: number, tenant = 'acme', weight = 1): Toy => ({
  name,
  tenant,
  weight,
  slot: -1,
  cached: 0,
  prefixLength,
  left,
});

/** For tests: carries out what the scheduler says, and checks what must always hold. */
export class Simulation {
  readonly slots: number;
  readonly chunk: number;
  readonly scheduler: Scheduler<Toy>;
  readonly ended: Toy[] = [];
  readonly history: Ran[] = [];
  readonly #content: (Toy | undefined)[];

  constructor(slots: number, chunk: number) {
    this.slots = slots;
    this.chunk = chunk;
    this.scheduler = new Scheduler<Toy>({ slots, prefillChunk: chunk });
    // One more, through which two change places.
    this.#content = Array.from({ length: slots + 1 });
  }

  /** What ran, such as `p1 d`. */
  names(): string {
    return this.history.map(({ name }) => name).join(' ');
  }

  step(): boolean {
    const all = this.scheduler.sequences();
    const couldDecode = all.some(({ cached, prefixLength }) => cached >= prefixLength);
    const hasFreeSlot = this.scheduler.running < this.slots;
    const couldPrefill = all.some(
      ({ slot, cached, prefixLength }) => cached < prefixLength && (slot !== -1 || hasFreeSlot),
    );
    const action = this.scheduler.next();
    if (action === undefined) return false;
    const name = action.kind === 'prefill' ? `p${action.sequence.name}` : 'd';
    this.history.push({ kind: action.kind, name, couldDecode, couldPrefill });
    if (action.kind === 'prefill') {
      const { sequence, start, end, last } = action;
      assert.equal(start, sequence.cached);
      assert.ok(end - start > 0);
      assert.ok(end - start <= this.chunk);
      if (start === 0) this.#content[sequence.slot] = sequence;
      assert.equal(this.#content[sequence.slot], sequence);
      sequence.cached = end;
      if (last) this.#copy(this.scheduler.prefilled(sequence));
    } else {
      for (const [row, sequence] of action.sequences.entries()) {
        assert.equal(sequence.slot, row);
        assert.equal(this.#content[row], sequence);
        sequence.cached += 1;
        sequence.left -= 1;
      }
      for (const sequence of action.sequences) if (sequence.left <= 0) this.end(sequence);
    }
    this.check();
    return true;
  }

  end(sequence: Toy): void {
    if (this.ended.includes(sequence)) return;
    this.ended.push(sequence);
    this.#copy(this.scheduler.remove(sequence));
    assert.equal(sequence.slot, -1);
  }

  check(): void {
    const { running, waiting, freeSlots } = this.scheduler;
    assert.ok(running <= this.slots);
    assert.equal(freeSlots, Math.max(0, this.slots - running - waiting));
    const held = this.scheduler.sequences().filter(({ slot }) => slot !== -1);
    assert.equal(new Set(held.map(({ slot }) => slot)).size, held.length);
    assert.equal(held.length, running);
    for (const sequence of held)
      if (sequence.cached > 0) assert.equal(this.#content[sequence.slot], sequence);
  }

  #copy(moves: readonly SlotMove[]): void {
    for (const { from, to, length } of moves) {
      const moved = this.#content[from];
      assert.equal(moved?.cached, length);
      this.#content[to] = moved;
      this.#content[from] = undefined;
    }
  }
}
