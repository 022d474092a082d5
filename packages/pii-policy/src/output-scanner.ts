import { insertHeadOf, openInsertOf, openTableOf, type OpenTable } from '@millrace/pii-detectors/entities';
import type { Detect, Masker } from './masker.ts';
import { restOfKey, restOfWord, type DroppedRest } from './dropped-rest.ts';
import { openTailOf } from './open-tail.ts';
import { isFencedBehind, shapesOf } from './value-place.ts';

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
/** As detectors take it. */
const longestKey = 20_000;

export function createOutputScanner({
  masker,
  detect,
  bySentence = false,
  mayHold = () => true,
}: OutputScannerOptions): OutputScanner {
  let context = '';
  /** Whether the context begins within a block of code. */
  let isFenced = false;
  let held = '';
  let settled = 0;
  let dropped: DroppedRest | undefined;
  const changed: (readonly [start: number, end: number])[] = [];

  /** Where that begins which waits: of a table the whole row, since its cells are told by how many there are. */
  const borderOf = (): number => {
    const tail = openTailOf(held, bySentence);
    const table = openRowsOf(context + held);
    return table === undefined ? tail : Math.min(tail, Math.max(0, table.rowStart - context.length));
  };

  /** Lets out what stands before a border, or before a finding that goes across it. */
  const release = (border: number, isAll: boolean): string => {
    const text = context + held;
    const offset = context.length;
    let end = offset + border;
    let result = '';
    let position = offset;
    const findings = border > 0 && mayHold(text) ? detect(text) : [];
    const shapeAt = shapesOf(text, isFenced);
    for (const finding of findings) {
      if (finding.end <= position) continue;
      if (finding.start >= end) break;
      // One that begins in what was let out is replaced from there on: rather half of it than all of it is shown.
      const start = Math.max(finding.start, position);
      if (finding.end > end && !isAll && finding.start >= offset) {
        end = finding.start;
        break;
      }
      const put = masker.substitute(finding, shapeAt(finding.start, finding.end));
      const isChanged = put !== finding.value;
      result += text.slice(position, start) + (isChanged ? put : text.slice(start, finding.end));
      position = finding.end;
      if (isChanged) changed.push([settled + start - offset, settled + finding.end - offset]);
      if (isChanged && finding.end === text.length && held.length >= longestHeld)
        dropped = finding.value.startsWith('-----BEGIN') ? restOfKey(longestKey) : restOfWord();
    }
    end = Math.max(end, position);
    result += text.slice(position, end);
    settled += end - offset;
    held = text.slice(end);
    const isFencedNow = isFencedBehind(text.slice(0, end), isFenced);
    context = contextBefore(text, end);
    isFenced = isFencedBehind(context, isFencedNow);
    return result;
  };

  const withoutRest = (text: string): string => {
    if (dropped === undefined) return text;
    const rest = dropped.lengthIn(text);
    if (rest < text.length) dropped = undefined;
    settled += rest;
    return text.slice(rest);
  };

  return {
    push(text) {
      held += withoutRest(text);
      if (held === '') return '';
      const shown = release(borderOf(), false);
      return held.length < longestHeld ? shown : shown + release(held.length, true);
    },
    flush: () => (held === '' ? '' : release(held.length, true)),
    get settled() {
      return settled;
    },
    isChanged: (from, to) => changed.some(([start, end]) => start < to && end > from),
  };
}

/** A table, or the values of a statement of SQL. */
function openRowsOf(text: string): OpenTable | undefined {
  return openTableOf(text) ?? openInsertOf(text);
}

/**
 * From the beginning of a word on, if it has one: half a number would be another one. In a table, its first line and the row; in an INSERT
 * statement the names of its columns and the row.
 */
function contextBefore(text: string, end: number): string {
  if (end <= contextLength) return text.slice(0, end);
  const shown = text.slice(0, end);
  const table = openRowsOf(shown);
  if (table !== undefined) return `${table.header}\n${shown.slice(table.rowStart)}`;
  const statement = insertHeadOf(shown);
  if (statement !== undefined) return shown.slice(statement);
  const context = text.slice(end - contextLength, end);
  const border = context.search(/\s/);
  return border < 0 ? context : context.slice(border);
}
