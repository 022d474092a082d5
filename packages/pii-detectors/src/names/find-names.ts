import type { Entity } from '../entities/entity.ts';
import type { Scan } from '../entities/scan.ts';
import { judgeRun, type Judged } from './judge-run.ts';
import { leftContextOf } from './left-context.ts';
import { capitalRuns, isParticle, lowerRuns, type Run } from './runs.ts';
import type { Vocabulary } from './vocabulary.ts';
import { wordsOf, type Word } from './words.ts';

const contextCharacters = 72;
/** Of the words of a text that is typed without capital letters, at most so many have one. */
const mostCapitals = 0.03;
const months = /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)/u;
const germanWords = new Set(
  'der die das und ist nicht ein eine mit von für auf ich den dem zu wurde bitte am im nach um ab aus bei zur zum vom wie was sich es er sie wird werden hat oder auch sind kann'.split(
    ' ',
  ),
);
/** French, Spanish, Italian and Portuguese: the lexicon has few of their words, so that all others look like names without capitals. */
const romanceWords = new Set(
  'le la les des du et dans pour par sur avec est une el los las del que por para con una al su il lo gli della di per che sono um uma o os as da do dos das em não'.split(
    ' ',
  ),
);
const leastWords = 2;

/** Persons, organisations and places of a text, by words, context and shape. They may overlap. */
export function* findNames(scan: Scan, vocabulary: Vocabulary): Generator<Entity> {
  const words = wordsOf(scan.text, vocabulary);
  const isLower =
    words.filter(
      ({ isCapital, isShouted, isInitial, isCamel, lower }) =>
        isCapital && !isShouted && !isInitial && !isCamel && !months.test(lower),
    ).length <= Math.max(1, words.length * mostCapitals);
  const isGerman =
    words.filter(({ lower, isCapital }) => !isCapital && germanWords.has(lower)).length >= leastWords;
  const isRomance = words.filter(({ lower }) => romanceWords.has(lower)).length >= leastWords;
  const runs = isLower ? [...capitalRuns(words), ...lowerRuns(words)] : capitalRuns(words);
  let last: Judged | undefined;
  let before: Run | undefined;
  const found: Judged[] = [];
  for (const run of runs.toSorted((a, b) => (a[0] as Word).start - (b[0] as Word).start)) {
    const start = (run[0] as Word).start;
    const joined = last !== undefined && joins(scan.text.slice(last.end, start)) ? last : undefined;
    const judged = judge(scan, run, { isLower, isGerman, isRomance, last: joined });
    const surname = before;
    before = run;
    if (judged === undefined) continue;
    last = judged;
    if (surname !== undefined && isSurnameFirst(surname, judged, scan.text)) {
      const from = (surname[0] as Word).start;
      if ((found.at(-1)?.end ?? 0) > from) found.pop();
      last = { ...judged, start: from, score: Math.max(judged.score, 0.7) };
    }
    found.push(last);
  }
  yield* found;
}

interface TextFacts {
  readonly isLower: boolean;
  readonly isGerman: boolean;
  readonly isRomance: boolean;
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

/** "Lovelace, Ada", where one surname stands behind a quote, a label or at the start of a line. */
function isSurnameFirst(surname: Run, given: Judged, text: string): boolean {
  const [first, last] = [surname[0] as Word, surname.at(-1) as Word];
  if (given.type !== 'PERSON' || given.words > 3 || given.score < 0.3) return false;
  // A list of names is one name each.
  if (/^(?:, \p{Lu}\p{Ll}|,? (?:and|und|et|y|e|&) )/u.test(text.slice(given.end, given.end + 6)))
    return false;
  if (surname.filter((word) => !isParticle(word)).length > 1) return false;
  if (text.slice(last.end, given.start) !== ', ') return false;
  const front = text.slice(Math.max(0, first.start - 2), first.start);
  return last.kind === 'given' ? /:\s$/u.test(front) : /(?:^|["'“„>]|\n|:\s)$/u.test(front);
}

/** "Ada and Grace", "Lovelace, Ada". */
const joins = (between: string): boolean => /^(?:,? (?:and|und|et|y|e|&|or) |, )$/u.test(between);
