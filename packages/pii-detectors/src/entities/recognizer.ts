import { matchesOf } from './matches-of.ts';
import { contextDistance, type ContextWords } from './context.ts';
import type { Entity, EntityType } from './entity.ts';
import type { Scan } from './scan.ts';

/** Finds one type, or a few that go together. Pure, and linear in the length of the text. What it finds may overlap with what others find. */
export interface Recognizer {
  readonly types: readonly EntityType[];
  /** Texts with fewer digits are not searched, as most strings of JSON are not: what it finds has as many. 0 by default. */
  readonly leastDigits?: number;
  /** The same for characters. */
  readonly leastLength?: number;
  find(scan: Scan): Iterable<Entity>;
}

export interface PatternOptions {
  readonly type: EntityType;
  /** Candidates: global, and linear on any text. */
  readonly pattern: RegExp;
  /** What a candidate that passes the check has at least, as `Recognizer` says. */
  readonly leastDigits?: number;
  readonly leastLength?: number;
  /** Whether a candidate is well formed: its checksum, mostly. @returns its score beside no context word, if it is not `alone` */
  readonly check?: (value: string) => boolean | number;
  /** Score where no context word stands near. */
  readonly alone: number;
  /** Score where one does, at most. */
  readonly inContext: number;
  readonly context?: ContextWords;
}

/** What a look-alike loses that stands behind a word such as "order". */
const suspicion = 0.5;
const fraction = /^,\d{1,2}(?!\d|[,;|\t]\S)/u;

/** Whether cents follow, as in an amount, and not the next cell of a row. */
export function hasFraction(scan: Scan, start: number, end: number): boolean {
  return fraction.test(scan.text.slice(end, end + 5)) && scan.labelAt(start) === undefined;
}

/** A recognizer of what a regular expression finds and a checksum confirms; context words raise or lower the score. */
export function patternRecognizer(options: PatternOptions): Recognizer {
  const { type, pattern, leastDigits = 0, leastLength = 0, check, alone, inContext, context } = options;
  return {
    types: [type],
    leastDigits,
    leastLength,
    *find(scan) {
      for (const match of matchesOf(scan.text, pattern)) {
        const value = match[0];
        const start = match.index;
        const checked = check?.(value) ?? true;
        if (checked === false) continue;
        const bare = checked === true ? alone : checked;
        const end = start + value.length;
        if (hasFraction(scan, start, end)) continue;
        yield { type, start, end, score: scoreOf(scan, start, end, { bare, inContext, context }) };
      }
    },
  };
}

interface Scores {
  readonly bare: number;
  readonly inContext: number;
  readonly context: ContextWords | undefined;
}

/** The nearer a context word, the higher: of two numbers, each gets the word that stands before it. */
export function scoreOf(
  scan: Scan,
  start: number,
  end: number,
  { bare, inContext, context }: Scores,
): number {
  const distance = context === undefined ? undefined : contextDistance(scan, start, end, context);
  if (distance !== undefined) return Math.max(bare, inContext - distance);
  return scan.isSuspicious(start) ? bare * suspicion : bare;
}
