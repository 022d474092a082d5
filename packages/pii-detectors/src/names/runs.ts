import type { Word } from './words.ts';

/** Words that stand in a row and could be one name. */
export type Run = readonly Word[];

const particles = new Set(
  'de da do dos das di del della dello dei der den van von vom zu zur bin ibn bint al el la le les du des y e i af av ter ten san st ben abu sur sous upon-on'.split(
    ' ',
  ),
);
const longestRun = 6;

/** Runs of words with capital letters, initials among them and particles between them. */
export function capitalRuns(words: readonly Word[]): readonly Run[] {
  const runs: Run[] = [];
  for (let index = 0; index < words.length;) {
    const first = words[index] as Word;
    const startsLow =
      particles.has(first.lower) && isNext(words[index + 1], first) && words[index + 1]?.isCapital === true;
    if ((!first.isCapital && !startsLow) || first.isCamel) {
      index += 1;
      continue;
    }
    const run = [first];
    let next = index + 1;
    for (; next < words.length && run.length < longestRun; next += 1) {
      const word = words[next] as Word;
      if (!isNext(word, run.at(-1) as Word)) break;
      if (word.isCamel) break;
      if (word.isCapital) run.push(word);
      else if (particles.has(word.lower) && leadsToCapital(words, next)) run.push(word);
      else break;
    }
    runs.push(run);
    index = next;
  }
  return runs;
}

/** Runs of words that are no everyday ones, of a text without capital letters. */
export function lowerRuns(words: readonly Word[]): readonly Run[] {
  const runs: Run[] = [];
  let run: Word[] = [];
  const end = (): void => {
    if (run.length > 0) runs.push(run);
    run = [];
  };
  for (const [index, word] of words.entries()) {
    if (run.length > 0 && (!isNext(word, run.at(-1) as Word) || run.length >= longestRun)) end();
    const joins = run.length > 0 && particles.has(word.lower) && leadsToName(words, index);
    const isSurname =
      run.length === 1 && isGiven(run[0]) && words[index + 1]?.gap !== ' ' && !particles.has(word.lower);
    if (
      isNameLike(word) ||
      joins ||
      isSurname ||
      (run.length > 0 && word.text.length === 1 && word.gap === ' ')
    )
      run.push(word);
    else end();
  }
  end();
  return runs;
}

const isNameLike = (word: Word | undefined): boolean =>
  word !== undefined &&
  !word.isCapital &&
  !word.isCamel &&
  !word.text.includes('-') &&
  word.text.length > 1 &&
  word.kind !== 'everyday' &&
  word.kind !== 'organization';

/** One blank between two words, or the full stop of an initial and one. */
function isNext(word: Word | undefined, before: Word): boolean {
  if (word === undefined) return false;
  return word.gap === ' ' || (word.gap === '. ' && before.text.length === 1);
}

function leadsToCapital(words: readonly Word[], from: number): boolean {
  for (let index = from; index < Math.min(words.length, from + 3); index += 1) {
    const word = words[index] as Word;
    if (index > from && word.gap !== ' ') return false;
    if (word.isCapital) return true;
    if (!particles.has(word.lower)) return false;
  }
  return false;
}

/** Surnames are everyday words often: `grace field, …`. */
const isGiven = (word: Word | undefined): boolean => word?.kind === 'given' || word?.kind === 'ambiguous';

function leadsToName(words: readonly Word[], from: number): boolean {
  const next = words[from + 1];
  if (next === undefined || next.gap !== ' ') return false;
  return particles.has(next.lower) ? isNameLike(words[from + 2]) : isNameLike(next);
}

export const isParticle = (word: Word): boolean => !word.isCapital && particles.has(word.lower);
