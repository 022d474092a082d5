/** How many requests of each model are admitted and have not ended, as far as more may be. */
export class ModelQueues {
  /** Most requests of one model that wait or are being answered. */
  readonly most: number;
  readonly #open: Map<string, number>;

  /** @param open requests by model; none of one that is not there */
  constructor(most: number, open: Readonly<Record<string, number>> = {}) {
    this.most = most;
    this.#open = new Map(Object.entries(open));
  }

  isFull(model: string): boolean {
    return this.#countOf(model) >= this.most;
  }

  /** One more was admitted. */
  add(model: string): void {
    this.#open.set(model, this.#countOf(model) + 1);
  }

  #countOf(model: string): number {
    return this.#open.get(model) ?? 0;
  }
}
