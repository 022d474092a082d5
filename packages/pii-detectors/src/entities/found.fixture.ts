import { createAnalyzer } from './analyzer.ts';
import type { EntityType } from './entity.ts';

const analyze = createAnalyzer();

/** All that is found in a text, as "TYPE value". */
export function foundIn(text: string): readonly string[] {
  return analyze(text).map(({ type, start, end }) => `${type} ${text.slice(start, end)}`);
}

/** The values of some types. */
export function valuesIn(text: string, ...types: readonly EntityType[]): readonly string[] {
  return analyze(text)
    .filter(({ type }) => (types as readonly string[]).includes(type))
    .map(({ start, end }) => text.slice(start, end));
}
