import type { Entity } from '../entities/entity.ts';
import type { Scan } from '../entities/scan.ts';
import { judgeRun, type Judged } from './judge-run.ts';
import { leftContextOf } from './left-context.ts';
import { capitalRuns, lowerRuns, type Run } from './runs.ts';
import type { Vocabulary } from './vocabulary.ts';
import { wordsOf, type Word } from './words.ts';

const contextCharacters = 72;
/** Of the words of a text that is typed without capital letters, at most so many have one. */
const mostCapitals = 0.06;
const germanWords = new Set('der die das und ist nicht ein eine mit von für auf ich den dem zu wurde bitte am im'.split(' '));
const leastGermanWords = 2;

/** Persons, organisations and places of a text, by words, context and shape. They may overlap. */
export function* findNames(scan: Scan, vocabulary: Vocabulary): Generator<Entity> {
  const words = wordsOf(scan.text, vocabulary);
  const isLower =
    words.filter(({ isCapital, text }) => isCapital && !isAllCapitals(text)).length <= words.length * mostCapitals;
  const isGerman = words.filter(({ lower, isCapital }) => !isCapital && germanWords.has(lower)).length >= leastGermanWords;
  const runs = isLower ? [...capitalRuns(words), ...lowerRuns(words)] : capitalRuns(words);
  let last: Judged | undefined;
  for (const run of runs.toSorted((a, b) => (a[0] as Word).start - (b[0] as Word).start)) {
    const start = (run[0] as Word).start;
    const joined = last !== undefined && joins(scan.text.slice(last.end, start)) ? last : undefined;
    const judged = judge(scan, run, { isLower, isGerman, last: joined });
    if (judged === undefined) continue;
    last = judged;
    if (judged.score > 0) yield { type: judged.type, start: judged.start, end: judged.end, score: judged.score };
  }
}

interface TextFacts {
  readonly isLower: boolean;
  readonly isGerman: boolean;
  /** What the run before was, where only "and" or a comma stands between. */
  readonly last: Judged | undefined;
}

function judge(scan: Scan, run: Run, facts: TextFacts): Judged | undefined {
  const start = (run[0] as Word).start;
  const left = leftContextOf(scan.before(start, contextCharacters));
  return judgeRun(run, {
    ...facts,
    left,
    label: scan.labelAt(start),
    textBefore: scan.text.slice(Math.max(0, start - contextCharacters), start),
    textBehind: (end) => scan.text.slice(end, end + 32),
  });
}

/** "Ada and Grace", "Lovelace, Ada". */
const joins = (between: string): boolean => /^(?:,? (?:and|und|et|y|e|&|or) |, )$/u.test(between);

const isAllCapitals = (word: string): boolean => word.length > 1 && word === word.toUpperCase();
