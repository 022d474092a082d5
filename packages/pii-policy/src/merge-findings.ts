import type { Finding } from './masker.ts';

/**
 * What is done something to, and what is only counted: of the first, findings that overlap become one, of the type of the longest, so
 * that nothing of either is shown; the others count where none of those stands.
 */
export function mergeFindings(
  text: string,
  acted: readonly Finding[],
  counted: readonly Finding[],
): readonly Finding[] {
  const merged: Finding[] = [];
  for (const finding of acted.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || finding.start >= last.end) merged.push(finding);
    else merged[merged.length - 1] = union(text, last, finding);
  }
  let next = 0;
  const beside = counted
    .toSorted((a, b) => a.start - b.start)
    .filter(({ start, end }) => {
      while (next < merged.length && (merged[next] as Finding).end <= start) next += 1;
      return !((merged[next]?.start ?? Infinity) < end);
    })
    .filter(({ start }, index, all) => index === 0 || start >= (all[index - 1] as Finding).end);
  return [...merged, ...beside].toSorted((a, b) => a.start - b.start);
}

function union(text: string, one: Finding, other: Finding): Finding {
  const { type } = other.end - other.start > one.end - one.start ? other : one;
  const end = Math.max(one.end, other.end);
  return { type, start: one.start, end, value: text.slice(one.start, end) };
}
