/** Gathers what happens in a test, and waits for it. */
export interface Collector<Item> {
  readonly items: readonly Item[];
  add(item: Item): void;
  /** Resolves as soon as what has been gathered satisfies the condition. */
  until(condition: (items: readonly Item[]) => boolean): Promise<readonly Item[]>;
}

export function createCollector<Item>(): Collector<Item> {
  const items: Item[] = [];
  const waiting = new Set<() => void>();
  return {
    items,
    add(item) {
      items.push(item);
      for (const check of waiting) check();
    },
    until(condition) {
      const { promise, resolve } = Promise.withResolvers<readonly Item[]>();
      const check = (): void => {
        if (!condition(items)) return;
        waiting.delete(check);
        resolve(items);
      };
      waiting.add(check);
      check();
      return promise;
    },
  };
}
