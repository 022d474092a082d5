import { RegExpParser, type AST } from '@eslint-community/regexpp';
import type { GrammarRules } from './grammar-rules.ts';
import { characterOf, contains, intersection, type CharacterSet } from './character-set.ts';
import { choice, literal, nothing, repeat, sequence } from './ebnf.ts';
import { plainCharacters, stringCharacter } from './json-values.ts';
import { isDelimited, setOf, UnsupportedPattern } from './pattern-sets.ts';

/** Characters that JSON has a short escape for, and no other way to write. */
const escaped = new Map(
  ['"', '\\', '\b', '\f', '\n', '\r', '\t'].map((character) => [character.codePointAt(0) ?? 0, character]),
);

/** Most times that something is repeated, all nested repetitions multiplied. */
const maxRepetition = 1_000;

/** Everything that walks along a pattern is recursive. */
const maxGroupDepth = 64;

/**
 * What stands between the quotes of strings that a regular expression (ECMA-262, flag u) finds something in. A side without anchor
 * may have anything in front or behind, as the JSON schema has it.
 *
 * @throws UnsupportedPattern
 */
export function patternExpression(rules: GrammarRules, source: string): string {
  const { alternatives } = parse(source);
  requireShallow(alternatives, 0);
  const anything = repeat(stringCharacter(rules), 0, undefined);
  const wholes = alternatives.map(({ elements }) => {
    const starts = isAnchor(elements[0], 'start');
    const ends = isAnchor(elements.at(-1), 'end');
    const inner = elements.slice(starts ? 1 : 0, ends ? -1 : undefined);
    return sequence(
      starts ? nothing : anything,
      ...inner.map((element) => expressionOf(rules, element, 1)),
      ends ? nothing : anything,
    );
  });
  return rules.oneOf(wholes);
}

function parse(source: string): AST.Pattern {
  try {
    return new RegExpParser().parsePattern(source, 0, source.length, { unicode: true });
  } catch {
    throw new UnsupportedPattern('it is not a regular expression of ECMA-262 with the flag u');
  }
}

function requireShallow(alternatives: readonly AST.Alternative[], depth: number): void {
  if (depth > maxGroupDepth)
    throw new UnsupportedPattern(`groups are nested at most ${maxGroupDepth} levels deep`);
  for (const element of alternatives.flatMap(({ elements }) => elements)) {
    const part = element.type === 'Quantifier' ? element.element : element;
    if (part.type === 'Group' || part.type === 'CapturingGroup') requireShallow(part.alternatives, depth + 1);
  }
}

function isAnchor(element: AST.Element | undefined, kind: 'start' | 'end'): boolean {
  return element?.type === 'Assertion' && element.kind === kind;
}

function expressionOf(rules: GrammarRules, element: AST.Element, repetition: number): string {
  switch (element.type) {
    case 'Character':
      return charactersIn([[element.value, element.value]]);
    case 'CharacterSet':
    case 'CharacterClass':
      return charactersIn(setOf(element));
    case 'Group':
      if (element.modifiers !== null) throw new UnsupportedPattern('flags within a pattern are not enforced');
      return alternativesOf(rules, element.alternatives, repetition);
    case 'CapturingGroup':
      return alternativesOf(rules, element.alternatives, repetition);
    case 'Quantifier':
      return repeated(rules, element, repetition);
    case 'Assertion':
      throw new UnsupportedPattern(
        element.kind === 'start' || element.kind === 'end'
          ? '^ and $ are enforced only at the ends of the pattern or of its outermost alternatives'
          : `an assertion (${element.kind}) is not enforced`,
      );
    case 'Backreference':
    case 'ExpressionCharacterClass':
      throw new UnsupportedPattern(`${element.type} is not enforced`);
  }
}

function alternativesOf(
  rules: GrammarRules,
  alternatives: readonly AST.Alternative[],
  repetition: number,
): string {
  return rules.oneOf(
    alternatives.map(({ elements }) =>
      sequence(...elements.map((element) => expressionOf(rules, element, repetition))),
    ),
  );
}

function repeated(rules: GrammarRules, { min, max, element }: AST.Quantifier, repetition: number): string {
  const bound = max === Infinity ? Math.max(1, min) : max;
  const times = repetition * Math.max(1, bound);
  if (times > maxRepetition) {
    throw new UnsupportedPattern(
      `nothing is repeated more than ${maxRepetition} times, nested repetitions multiplied`,
    );
  }
  const isGroup = element.type === 'Group' || element.type === 'CapturingGroup';
  if (isGroup && max > 1 && !isDelimited(element)) {
    throw new UnsupportedPattern(
      'a repeated group with repetition in it has to begin or end with a character that this repetition has not',
    );
  }
  return repeat(expressionOf(rules, element, times), min, max === Infinity ? undefined : max);
}

/** One character of the set as JSON writes it: one that has to be escaped stands only where no other could. */
function charactersIn(set: CharacterSet): string {
  const plain = intersection(set, plainCharacters);
  if (plain.length > 0) return characterOf(plain);
  const alternatives: string[] = [];
  for (const [codePoint, character] of escaped) {
    if (contains(set, codePoint)) alternatives.push(literal(JSON.stringify(character).slice(1, -1)));
  }
  if (alternatives.length === 0)
    throw new UnsupportedPattern('a part of it matches nothing that an answer can have');
  return choice(alternatives);
}
