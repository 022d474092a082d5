import { RE2JS } from 're2js';
import type { Entity } from './entity.ts';

/** A pattern of a tenant. */
export interface OwnPattern {
  /** Type of what it finds: capital letters, digits and underscores. */
  readonly type: string;
  /** RE2's syntax: no backreferences, no looking around; matching takes time linear in the text. */
  readonly pattern: string;
  /** 0 to 1; 0.85 by default. */
  readonly score?: number;
  /** Of letters; false by default. */
  readonly ignoreCase?: boolean;
}

/** A pattern that cannot be taken; the message names the type and what is wrong. */
export class InvalidPattern extends Error {}

const longestPattern = 1_000;
const defaultScore = 0.85;

/** @throws `InvalidPattern` */
export function compileOwnPattern({
  type,
  pattern,
  score = defaultScore,
  ignoreCase = false,
}: OwnPattern): (text: string) => Generator<Entity> {
  if (!/^[A-Z][A-Z0-9_]{0,47}$/u.test(type))
    throw new InvalidPattern(
      `type is ${JSON.stringify(type)}: a capital letter, then up to 47 capital letters, digits or underscores are allowed.`,
    );
  if (!(score > 0 && score <= 1))
    throw new InvalidPattern(`score of ${type} is ${score}: above 0 to 1 is allowed.`);
  if (pattern.length === 0 || pattern.length > longestPattern)
    throw new InvalidPattern(
      `pattern of ${type} has ${pattern.length} characters: 1 to ${longestPattern} are allowed.`,
    );
  const compiled = compile(type, pattern, ignoreCase);
  return function* find(text) {
    const matcher = compiled.matcher(text);
    while (matcher.find()) {
      const [start, end] = [matcher.start(), matcher.end()];
      if (end > start) yield { type, start, end, score };
    }
  };
}

function compile(type: string, pattern: string, ignoreCase: boolean): RE2JS {
  try {
    return RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (cause) {
    throw new InvalidPattern(
      `pattern of ${type} is no regular expression of RE2: ${(cause as Error).message}`,
      { cause },
    );
  }
}
