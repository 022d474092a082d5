/** A set of whole numbers that are mostly without gaps: as small as it has gaps. */
export interface NumberRanges {
  has(number: number): boolean;
  add(number: number): void;
}

/** @param ranges first and last of each, in any order */
export function createNumberRanges(ranges: Iterable<readonly [number, number]> = []): NumberRanges {
  const sorted: [number, number][] = [...ranges].map(([first, last]) => [first, last]);
  sorted.sort(([a], [b]) => a - b);

  /** The last range that begins at or before the number, or -1. */
  const at = (number: number): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle]?.[0] ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  return {
    has: (number) => (sorted[at(number)]?.[1] ?? -Infinity) >= number,
    add(number) {
      const index = at(number);
      const before = sorted[index];
      const after = sorted[index + 1];
      if (before !== undefined && before[1] >= number) return;
      const joinsBefore = before !== undefined && before[1] === number - 1;
      const joinsAfter = after !== undefined && after[0] === number + 1;
      if (joinsBefore && joinsAfter) {
        before[1] = after[1];
        sorted.splice(index + 1, 1);
      } else if (joinsBefore) before[1] = number;
      else if (joinsAfter) after[0] = number;
      else sorted.splice(index + 1, 0, [number, number]);
    },
  };
}
