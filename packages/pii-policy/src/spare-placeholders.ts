import type { Detect } from './masker.ts';
import { replacePlaceholders } from './placeholder.ts';

/**
 * Finds what a detector finds, but for what lies within a placeholder that is restored: a pattern of a tenant's own, such as
 * `[A-Z]+_\d+`, may read like one.
 */
export function sparePlaceholders(detect: Detect, isOurs: (name: string) => boolean): Detect {
  return (text) => {
    const found = detect(text);
    if (found.length === 0) return found;
    const spared: (readonly [start: number, end: number])[] = [];
    replacePlaceholders(text, (name, offset) => {
      if (isOurs(name)) spared.push([offset, offset + name.length + (text[offset] === '<' ? 2 : 4)]);
      return undefined;
    });
    if (spared.length === 0) return found;
    let next = 0;
    return found.filter((finding) => {
      while (next < spared.length && (spared[next] as readonly [number, number])[1] <= finding.start)
        next += 1;
      const [start, end] = spared[next] ?? [Infinity, Infinity];
      return finding.start < start || finding.end > end;
    });
  };
}
