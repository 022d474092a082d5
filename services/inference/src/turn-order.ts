/**
 * Whose turn it is: start-time fair queueing (Goyal, Vin, Cheng, 1996) where all turns cost the same. Each of those that wait
 * gets turns in proportion to its weight; one that comes back has saved nothing up.
 */
export class TurnOrder<Key> {
  /** When the next turn of each is due, in virtual time: turns by weight. */
  readonly #due = new Map<Key, number>();
  #now = 0;

  /**
   * Takes the turn that is due first.
   *
   * @param waiting all that wait; the first of them where several are due at once
   * @param weightOf above 0
   */
  take(waiting: ReadonlySet<Key>, weightOf: (key: Key) => number): Key | undefined {
    let chosen: { readonly key: Key; readonly due: number } | undefined;
    for (const key of waiting) {
      const due = Math.max(this.#due.get(key) ?? 0, this.#now);
      this.#due.set(key, due);
      if (chosen === undefined || due < chosen.due) chosen = { key, due };
    }
    if (chosen === undefined) return undefined;
    this.#now = chosen.due;
    this.#due.set(chosen.key, chosen.due + 1 / weightOf(chosen.key));
    this.#forgetSettled(waiting);
    return chosen.key;
  }

  /** What one had too much of counts until then, should it come back. */
  #forgetSettled(waiting: ReadonlySet<Key>): void {
    for (const [key, due] of this.#due) if (due <= this.#now && !waiting.has(key)) this.#due.delete(key);
  }
}
