import type { Finding } from './masker.ts';

/**
 * What is done something to, and what is only counted: of the first, findings that overlap become one, of the type of the longest, or of one that is blocked, so
 * that nothing of either is shown; the others count where none of those stands.
 */
export function mergeFindings(
  text: string,
  acted: readonly Finding[],
  counted: readonly Finding[],
  isBlocked: (type: string) => boolean,
): readonly Finding[] {
  const merged: Finding[] = [];
  for (const finding of acted.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || finding.start >= last.end) merged.push(finding);
    else merged[merged.length - 1] = union(text, last, finding, isBlocked);
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

function union(text: string, one: Finding, other: Finding, isBlocked: (type: string) => boolean): Finding {
  const isOtherLonger = other.end - other.start > one.end - one.start;
  const isOther = isBlocked(one.type) === isBlocked(other.type) ? isOtherLonger : isBlocked(other.type);
  const end = Math.max(one.end, other.end);
  return { type: isOther ? other.type : one.type, start: one.start, end, value: text.slice(one.start, end) };
}
