import type { JsonSchema } from '@millrace/stage';
import { characterOf } from './character-set.ts';
import { literal, repeat, sequence } from './ebnf.ts';
import { anyString, plainCharacters } from './json-values.ts';
import { patternExpression } from './pattern-rule.ts';
import { UnsupportedPattern } from './pattern-sets.ts';
import type { SchemaPath } from './schema-path.ts';
import { stringFormats } from './string-formats.ts';
import type { Translation } from './translation.ts';

export const stringKeywords = ['minLength', 'maxLength', 'pattern', 'format'] as const;

/** Strings are not made longer than this where a length is given, which lets nothing through that a larger bound would not. */
export const maxBoundedLength = 2_000;

/**
 * A string. Lengths are counted in code points. One with a length has no escapes: counting them makes masks slow.
 *
 * @throws `unsupported_value`
 */
export function stringRule(schema: JsonSchema, path: SchemaPath, translation: Translation): string {
  const { rules } = translation;
  const [restricting, ...others] = ['pattern', 'format', 'minLength', 'maxLength'].filter(
    (keyword) => keyword in schema,
  );
  if (restricting === undefined) return anyString(rules);
  if (restricting === 'pattern' || restricting === 'format') {
    const [other] = others;
    if (other !== undefined)
      throw translation.refuse([...path, other], `${other} is not enforced together with ${restricting}`);
    return rules.add(quoted(matching(schema, restricting, path, translation)));
  }
  const min = Number(schema['minLength'] ?? 0);
  const max = Number(schema['maxLength'] ?? Infinity);
  if (min > max) throw translation.refuse(path, 'minLength is above maxLength');
  if (min > maxBoundedLength)
    throw translation.refuse([...path, 'minLength'], `it may be at most ${maxBoundedLength}`);
  const most = max === Infinity ? undefined : Math.min(max, maxBoundedLength);
  return rules.add(quoted(repeat(characterOf(plainCharacters), min, most)));
}

function matching(
  schema: JsonSchema,
  keyword: 'pattern' | 'format',
  path: SchemaPath,
  translation: Translation,
): string {
  const value = String(schema[keyword]);
  const pattern = keyword === 'pattern' ? value : stringFormats.get(value);
  if (pattern === undefined) {
    throw translation.refuse(
      [...path, keyword],
      `this format is not enforced; enforced are ${[...stringFormats.keys()].join(', ')}`,
    );
  }
  try {
    return patternExpression(translation.rules, pattern);
  } catch (error) {
    if (error instanceof UnsupportedPattern) throw translation.refuse([...path, keyword], error.message);
    throw error;
  }
}

function quoted(inner: string): string {
  return sequence(literal('"'), inner, literal('"'));
}
