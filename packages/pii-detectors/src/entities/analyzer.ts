import type { Entity } from './entity.ts';
import { compileOwnPattern, type OwnPattern } from './own-patterns.ts';
import { patternRecognizers } from './pattern-recognizers.ts';
import { besideOthers } from './beside-others.ts';
import type { Recognizer } from './recognizer.ts';
import { createScan } from './scan.ts';
import { withoutOverlaps } from './without-overlaps.ts';

export interface AnalyzerOptions {
  /** Only these; by default all that the recognizers know. Patterns of one's own always count. */
  readonly types?: readonly string[];
  /** What is less sure does not count; 0.5 by default. */
  readonly minScore?: number;
  readonly ownPatterns?: readonly OwnPattern[];
  /** Values that are nobody's, such as the number of one's own switchboard: compared without case and blanks around. */
  readonly allowList?: readonly string[];
  /** By default those of patterns alone. */
  readonly recognizers?: readonly Recognizer[];
}

/** @returns what stands in a text, in order, without overlaps */
export type Analyzer = (text: string) => readonly Entity[];

export const defaultMinScore = 0.5;

/** @throws `InvalidPattern` */
export function createAnalyzer(options: AnalyzerOptions = {}): Analyzer {
  const { types, minScore = defaultMinScore, ownPatterns = [], allowList = [] } = options;
  const wanted = types === undefined ? undefined : new Set<string>(types);
  const recognizers = (options.recognizers ?? patternRecognizers).filter(
    ({ types: each }) => wanted === undefined || each.some((type) => wanted.has(type)),
  );
  const own = ownPatterns.map((pattern) => compileOwnPattern(pattern));
  const allowed = new Set(allowList.map(normalized));
  return (text) => {
    const scan = createScan(text);
    const found: Entity[] = [];
    const unsure: Entity[] = [];
    for (const find of own) for (const entity of find(text)) found.push(entity);
    for (const recognizer of recognizers)
      for (const entity of recognizer.find(scan)) (entity.score >= minScore ? found : unsure).push(entity);
    found.push(...besideOthers(text, found, unsure, minScore));
    const kept = withoutOverlaps(
      allowed.size === 0 ? found : found.filter(({ start, end }) => !allowed.has(normalized(text.slice(start, end)))),
      text.length,
    );
    return wanted === undefined ? kept : kept.filter(({ type }) => wanted.has(type));
  };
}

const normalized = (value: string): string => value.trim().toLowerCase();

