import type { CountryCode } from 'libphonenumber-js';
import { besideOthers } from './beside-others.ts';
import { defaultMinScore, type Entity } from './entity.ts';
import { compileOwnPattern, type OwnPattern } from './own-patterns.ts';
import { createPatternRecognizers } from './pattern-recognizers.ts';
import { piecesOf } from './pieces.ts';
import type { Recognizer } from './recognizer.ts';
import { createScan, type Scan } from './scan.ts';
import { withClassified } from './with-classified.ts';
import { withoutOverlaps } from './without-overlaps.ts';

/** What to look for. All of it can be sent to a thread. */
export interface AnalysisOptions {
  /** Only these of `entityTypes`; by default all. Patterns of one's own always count. */
  readonly types?: readonly string[];
  /** What is less sure does not count: 0 to 1, 0.5 by default. */
  readonly minScore?: number;
  readonly ownPatterns?: readonly OwnPattern[];
  /** Values that are nobody's, such as the number of one's own switchboard: compared without case and blanks around. */
  readonly allowList?: readonly string[];
  /** Countries whose national forms of phone numbers are tried; by default those of eight. */
  readonly phoneRegions?: readonly CountryCode[];
}

export interface AnalyzerOptions extends AnalysisOptions {
  /** Beside those of patterns: that of names, for one. Without them, neither persons nor organisations nor places are found. */
  readonly more?: readonly Recognizer[];
  /** What a model found in a piece of the text (`piecesIn`), in the place of names that rules find. */
  readonly classified?: (piece: string) => readonly Entity[];
}

/**
 * @param isCancelled asked every 128 KiB of text
 * @returns what stands in a text, in order, without overlaps
 * @throws `AnalysisCancelled`
 */
export type Analyzer = (text: string, isCancelled?: () => boolean) => readonly Entity[];

/** Nobody waits for the outcome. */
export class AnalysisCancelled extends Error {}

/** @throws `InvalidPattern` */
export function createAnalyzer(options: AnalyzerOptions = {}): Analyzer {
  const {
    types,
    minScore = defaultMinScore,
    ownPatterns = [],
    allowList = [],
    phoneRegions,
    more = [],
    classified,
  } = options;
  const wanted =
    types === undefined ? undefined : new Set<string>([...types, ...ownPatterns.map(({ type }) => type)]);
  const recognizers = [...createPatternRecognizers(phoneRegions), ...more].filter(
    ({ types: each }) => wanted === undefined || each.some((type) => wanted.has(type)),
  );
  const own = ownPatterns.map((pattern) => compileOwnPattern(pattern));
  const allowed = new Set(allowList.map(normalized));

  const analyze = (text: string): readonly Entity[] => {
    const scan = createScan(text);
    const found: Entity[] = [];
    const unsure: Entity[] = [];
    for (const find of own) found.push(...find(text));
    for (const recognizer of recognizers) {
      if (isTooLittle(scan, recognizer)) continue;
      for (const entity of recognizer.find(scan)) (entity.score >= minScore ? found : unsure).push(entity);
    }
    if (classified !== undefined)
      found.splice(0, found.length, ...withClassified(text, found, classified(text), minScore));
    found.push(...besideOthers(text, found, unsure, minScore));
    const counted =
      allowed.size === 0 ? found : found.filter((entity) => !allowed.has(valueOf(text, entity)));
    const kept = withoutOverlaps(counted, text.length);
    return wanted === undefined ? kept : kept.filter(({ type }) => wanted.has(type));
  };

  return (text, isCancelled = () => false) => {
    const entities: Entity[] = [];
    for (const { start, end, from, to } of piecesOf(text.length)) {
      if (isCancelled()) throw new AnalysisCancelled();
      for (const entity of analyze(text.slice(start, end))) {
        const at = start + entity.start;
        if (at < from || at >= to || at < (entities.at(-1)?.end ?? 0)) continue;
        entities.push({ ...entity, start: at, end: start + entity.end });
      }
    }
    return entities;
  };
}

const isTooLittle = ({ text, digits }: Scan, { leastDigits = 0, leastLength = 0 }: Recognizer): boolean =>
  digits < leastDigits || text.length < leastLength;
const normalized = (value: string): string => value.trim().toLowerCase();
const valueOf = (text: string, { start, end }: Entity): string => normalized(text.slice(start, end));
