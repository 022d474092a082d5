/** Most steps of the comparison by characters; what takes more is compared by words. */
const mostSteps = 20_000_000;

/**
 * How alike two texts are: 1 less their edit distance (Levenshtein: insertions, deletions, substitutions) in code points, for a share of the
 * longer one. 1: the same; 0: nothing in common. Long texts are compared by words.
 */
export function similarityOf(one: string, other: string): number {
  if (one === other) return 1;
  const characters = [Array.from(one), Array.from(other)] as const;
  const isLong = characters[0].length * characters[1].length > mostSteps;
  const [a, b] = isLong ? ([wordsOf(one), wordsOf(other)] as const) : characters;
  return 1 - distance(a, b) / Math.max(a.length, b.length);
}

function wordsOf(text: string): readonly string[] {
  return text.match(/\s+|[^\s]+/gu) ?? [];
}

/** In two rows: https://en.wikipedia.org/wiki/Levenshtein_distance#Iterative_with_two_matrix_rows */
function distance(one: readonly string[], other: readonly string[]): number {
  let before = Uint32Array.from({ length: other.length + 1 }, (_zero, index) => index);
  let row = new Uint32Array(other.length + 1);
  for (const [line, item] of one.entries()) {
    row[0] = line + 1;
    for (let column = 1; column <= other.length; column += 1) {
      const substituted = (before[column - 1] ?? 0) + (item === other[column - 1] ? 0 : 1);
      row[column] = Math.min(substituted, (before[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1);
    }
    [before, row] = [row, before];
  }
  return before[other.length] ?? 0;
}
