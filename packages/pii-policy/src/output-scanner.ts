import type { Detect, Masker } from './masker.ts';
import { openTailOf } from './open-tail.ts';
import { shapesOf } from './value-place.ts';

/** Looks through a text as it is generated: what it lets out is settled. */
export interface OutputScanner {
  /** @returns what can be let out now @throws `ContentBlocked` */
  push(text: string): string;
  /** @returns what was waiting @throws `ContentBlocked` */
  flush(): string;
  /** How much of the text was let out, in UTF-16 code units of what came in. */
  readonly settled: number;
  /** Whether something between two places of what came in was replaced. */
  isChanged(from: number, to: number): boolean;
}

export interface OutputScannerOptions {
  readonly masker: Masker;
  readonly detect: Detect;
  /** Whether what is looked for is told by its sentence. */
  readonly bySentence?: boolean;
  /** Whether a text may hold something at all: a cheap look that spares most of the work. */
  readonly mayHold?: (text: string) => boolean;
}

/** What was let out but is still looked at, for the words before a value. */
const contextLength = 80;
/** Most that waits. A value that is longer is replaced as far as it goes, and the rest of its word is dropped. */
const longestHeld = 8_192;

export function createOutputScanner({
  masker,
  detect,
  bySentence = false,
  mayHold = () => true,
}: OutputScannerOptions): OutputScanner {
  let context = '';
  let held = '';
  let settled = 0;
  let isDropping = false;
  const changed: (readonly [start: number, end: number])[] = [];

  /** Lets out what stands before a border, or before a finding that goes across it. */
  const release = (border: number, isAll: boolean): string => {
    const text = context + held;
    const offset = context.length;
    let end = offset + border;
    let result = '';
    let position = offset;
    const findings = border > 0 && mayHold(text) ? detect(text) : [];
    const shapeAt = shapesOf(text);
    for (const finding of findings) {
      if (finding.start < position) continue;
      if (finding.start >= end) break;
      if (finding.end > end && !isAll) {
        end = finding.start;
        break;
      }
      const put = masker.substitute(finding, shapeAt(finding.start, finding.end));
      result += text.slice(position, finding.start) + put;
      position = finding.end;
      if (put !== finding.value)
        changed.push([settled + finding.start - offset, settled + finding.end - offset]);
      if (finding.end === text.length && isAll && held.length >= longestHeld) isDropping = true;
    }
    result += text.slice(position, end);
    settled += end - offset;
    held = text.slice(end);
    context = text.slice(Math.max(0, end - contextLength), end);
    return result;
  };

  const withoutRest = (text: string): string => {
    if (!isDropping) return text;
    const rest = /^\S*/.exec(text)?.[0].length ?? 0;
    if (rest < text.length) isDropping = false;
    settled += rest;
    return text.slice(rest);
  };

  return {
    push(text) {
      held += withoutRest(text);
      if (held === '') return '';
      if (held.length >= longestHeld) return release(held.length, true);
      return release(openTailOf(held, bySentence), false);
    },
    flush: () => (held === '' ? '' : release(held.length, true)),
    get settled() {
      return settled;
    },
    isChanged: (from, to) => changed.some(([start, end]) => start < to && end > from),
  };
}
