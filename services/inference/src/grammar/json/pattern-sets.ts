import type { AST } from '@eslint-community/regexpp';
import { complement, escapeSets, intersection, union, type CharacterSet } from './character-set.ts';

/** Why a pattern is not enforced. */
export class UnsupportedPattern extends Error {}

/** The characters that a part of a pattern which is one character stands for. @throws UnsupportedPattern */
export function setOf(
  element: AST.CharacterSet | AST.CharacterClass | AST.ClassRangesCharacterClassElement,
): CharacterSet {
  switch (element.type) {
    case 'Character':
      return [[element.value, element.value]];
    case 'CharacterClassRange':
      return [[element.min.value, element.max.value]];
    case 'CharacterSet': {
      if (element.kind === 'property') throw new UnsupportedPattern(String.raw`\p{…} is not enforced`);
      const set = escapeSets[element.kind];
      return element.kind !== 'any' && element.negate ? complement(set) : set;
    }
    case 'CharacterClass': {
      if (element.unicodeSets) throw new UnsupportedPattern('the flag v is not enforced');
      const set = union(element.elements.flatMap((part) => setOf(part)));
      return element.negate ? complement(set) : set;
    }
    default:
      throw new UnsupportedPattern('a part of a character class is not enforced');
  }
}

/**
 * Whether one round of a repeated group can be told from the next: where there is repetition in it, it begins or ends with a
 * character that this repetition has not. Without, the ways to read a text multiply, and masks take seconds.
 */
export function isDelimited(group: AST.Group | AST.CapturingGroup): boolean {
  return group.alternatives.every(({ elements }) => {
    const repeated = elements.flatMap((element) => repeatedSets(element, false));
    if (repeated.length === 0) return true;
    return [elements[0], elements.at(-1)].some((border) => {
      const set = border === undefined ? undefined : singleSet(border);
      return set !== undefined && intersection(set, union(repeated.flat())).length === 0;
    });
  });
}

/** The sets of all characters that stand in a repetition of no fixed number. */
function repeatedSets(element: AST.Element, isRepeated: boolean): readonly CharacterSet[] {
  const single = singleSet(element);
  if (single !== undefined) return isRepeated ? [single] : [];
  if (element.type === 'Quantifier')
    return repeatedSets(element.element, isRepeated || element.min !== element.max);
  if (element.type !== 'Group' && element.type !== 'CapturingGroup') return [];
  return element.alternatives.flatMap(({ elements }) =>
    elements.flatMap((each) => repeatedSets(each, isRepeated)),
  );
}

function singleSet(element: AST.Element): CharacterSet | undefined {
  const { type } = element;
  return type === 'Character' || type === 'CharacterSet' || type === 'CharacterClass'
    ? setOf(element)
    : undefined;
}
