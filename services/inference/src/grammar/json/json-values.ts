import { characterOf } from './character-set.ts';
import { choice, literal, optional, repeat, sequence, type CodePointRange } from './ebnf.ts';
import type { GrammarRules } from './grammar-rules.ts';

/** As Python's `json.dumps` and most of what models have read: there is no other whitespace, so none can run away. */
export const separatorTexts = { item: ', ', key: ': ' } as const;
export const separators = { item: literal(separatorTexts.item), key: literal(separatorTexts.key) } as const;

/** What may stand in a string as it is: no quote, no backslash, no control character, no half of a surrogate pair. */
export const plainCharacters: readonly CodePointRange[] = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7e],
  [0x80, 0xd7_ff],
  [0xe0_00, 0x10_ff_ff],
];

/** Most digits of a whole number and of a fraction: what a float64 tells apart. */
const maxDigits = 15;

/** One character of a string, escaped where it has to be. Escapes by number are not needed: every character can stand for itself. */
export function stringCharacter(rules: GrammarRules): string {
  return rules.add(choice([characterOf(plainCharacters), sequence(literal('\\'), String.raw`["\\/bfnrt]`)]));
}

export function anyString(rules: GrammarRules): string {
  return rules.add(sequence(literal('"'), repeat(stringCharacter(rules), 0, undefined), literal('"')));
}

export function anyInteger(rules: GrammarRules): string {
  return rules.add(
    choice([literal('0'), sequence(optional(literal('-')), '[1-9]', repeat('[0-9]', 0, maxDigits - 1))]),
  );
}

/** The exponent has at most two digits, so that no number is infinite. */
export function anyNumber(rules: GrammarRules): string {
  const whole = choice([literal('0'), sequence('[1-9]', repeat('[0-9]', 0, maxDigits - 1))]);
  const fraction = optional(sequence(literal('.'), repeat('[0-9]', 1, maxDigits)));
  const exponent = optional(sequence('[eE]', optional('[+-]'), repeat('[0-9]', 1, 2)));
  return rules.add(sequence(optional(literal('-')), whole, fraction, exponent));
}

export const anyBoolean = choice([literal('true'), literal('false')]);

export function anyValue(rules: GrammarRules): string {
  return rules.named('any value', () =>
    rules.oneOf([
      anyObject(rules),
      anyArray(rules),
      anyString(rules),
      anyNumber(rules),
      anyBoolean,
      literal('null'),
    ]),
  );
}

export function anyObject(rules: GrammarRules): string {
  return rules.named('any object', () => {
    const member = sequence(anyString(rules), separators.key, anyValue(rules));
    return sequence(literal('{'), optional(listOf(member, 1, undefined)), literal('}'));
  });
}

export function anyArray(rules: GrammarRules): string {
  return rules.named('any array', () =>
    sequence(literal('['), optional(listOf(anyValue(rules), 1, undefined)), literal(']')),
  );
}

/** From `min`, at least 1, to `max` items with separators between. */
export function listOf(item: string, min: number, max: number | undefined): string {
  const others = repeat(sequence(separators.item, item), min - 1, max === undefined ? undefined : max - 1);
  return sequence(item, others);
}
