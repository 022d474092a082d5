import { choice, literal, nothing, repeat, sequence } from './ebnf.ts';
import { characterOf, complement, contains, intersection } from './character-set.ts';
import type { GrammarRules } from './grammar-rules.ts';
import { plainCharacters } from './json-values.ts';

interface Branch {
  isName: boolean;
  readonly next: Map<string, Branch>;
}

/** A key that is none of these names. It has no escapes, so it cannot be one of them written otherwise. */
export function otherKey(names: readonly string[], rules: GrammarRules): string {
  const root: Branch = { isName: false, next: new Map() };
  const branches = [root];
  for (const name of names.filter(isPlain)) {
    let branch = root;
    for (const character of name) {
      let next = branch.next.get(character);
      if (next === undefined) branches.push((next = { isName: false, next: new Map() }));
      branch.next.set(character, next);
      branch = next;
    }
    branch.isName = true;
  }
  const expressions = new Map<Branch, string>();
  // The leaves first: names are longer than a stack is deep.
  for (const branch of branches.toReversed()) expressions.set(branch, notNamed(branch, expressions, rules));
  return rules.add(sequence(literal('"'), expressions.get(root) ?? nothing, literal('"')));
}

/** A name with an escape is no key that has none. */
function isPlain(name: string): boolean {
  return Array.from(name).every((character) => contains(plainCharacters, character.codePointAt(0) ?? 0));
}

/** @param expressions of the branches behind */
function notNamed(
  { isName, next }: Branch,
  expressions: ReadonlyMap<Branch, string>,
  rules: GrammarRules,
): string {
  const anything = rules.add(repeat(characterOf(plainCharacters), 0, undefined));
  const taken = [...next.keys()].map((character) => character.codePointAt(0) ?? 0).toSorted((a, b) => a - b);
  const free = intersection(complement(taken.map((codePoint) => [codePoint, codePoint])), plainCharacters);
  const alternatives = [sequence(characterOf(free), anything)];
  for (const [character, branch] of next)
    alternatives.push(sequence(literal(character), expressions.get(branch) ?? nothing));
  if (!isName) alternatives.push(nothing);
  return rules.add(choice(alternatives));
}
