import { leftContextOf, type LeftContext } from './left-context.ts';
import { isCompass } from './place-shapes.ts';
import { isParticle, type Run } from './runs.ts';
import type { Word } from './words.ts';

/** What follows a name where something is said of its bearer in a list: a number, or a label. */
export const labelBehind =
  /^\s?[,;|:(/–-]\s?(?:\+?\d|(?:nhs|ssn|ni|nino|dob|d\.o\.b|born|geb|tel|phone|mobile|mob|cell|e-?mail|mail|address|passport|aged?|iban|tax|nie|nif|dni|cf|cpf|pan|aadhaar|employee|customer|account|id|policy|steuer|adresse|nacid|née?)(?!\p{L}))/iu;
/** Words before a name that are no part of it, whatever follows. */
const honorifics = new Set(
  'mr mrs ms miss mx dr prof professor sir madam herr herrn frau señor señora señorita sr sra srta don doña monsieur madame mademoiselle mme mlle signor signora signorina dottor dottoressa dott sig senhor senhora dra patient patientin paciente paziente kunde kundin customer client employee tenant'.split(
    ' ',
  ),
);
export const sentenceStart = /(?:^|[.!?:]\s+|\n\s*|["'“„«([]|[-*•]\s)$/u;

export interface TrimContext {
  readonly left: LeftContext;
  /** Name of the column or field. */
  readonly label: string | undefined;
  readonly textBefore: string;
  readonly textBehind: (end: number) => string;
  readonly isLower: boolean;
}

export interface Trimmed {
  readonly words: Run;
  readonly left: LeftContext;
  readonly isTrimmed: boolean;
}

/** Without the everyday words in front of a name, which say what it is, and those behind it. */
export function trimRun(run: Run, context: TrimContext): Trimmed {
  const isBound = context.left.isTitle || context.label !== undefined;
  const from = isBound ? afterHonorifics(run) : firstOf(run, context);
  const to = isBound ? run.length : lastOf(run, from, context);
  if (from === 0) return { words: run.slice(0, to), left: context.left, isTrimmed: false };
  if (from === to) return { words: [], left: context.left, isTrimmed: true };
  const front = run.slice(0, from).map(({ text }) => text);
  const before = `${context.textBefore}${front.join(' ')} `;
  return { words: run.slice(from, to), left: leftContextOf(before.slice(-72)), isTrimmed: true };
}

function afterHonorifics(run: Run): number {
  const found = run.findIndex(({ lower }) => !honorifics.has(lower));
  return found < 0 ? run.length - 1 : found;
}

function firstOf(run: Run, context: TrimContext): number {
  let from = afterHonorifics(run);
  for (; from < run.length; from += 1) {
    const word = run[from] as Word;
    if (word.kind !== 'everyday' || word.isInitial || isName(run, from, context)) break;
  }
  return from;
}

function lastOf(run: Run, from: number, { left, textBehind }: TrimContext): number {
  let to = run.length;
  for (; to > from + 1 && !left.isRole; to -= 1) {
    const word = run[to - 1] as Word;
    if (word.kind !== 'everyday' || labelBehind.test(textBehind(word.end)) || mayEnd(run, to - 1)) break;
  }
  return to;
}

/** An everyday word, such as Hope or Young, that begins a name: not at the start of a sentence, and with an initial or a name behind it. */
function isName(run: Run, index: number, { textBefore, left, isLower }: TrimContext): boolean {
  const next = run[index + 1];
  if (next !== undefined && isCompass(run[index] as Word) && next.isCapital && next.kind !== 'everyday')
    return true;
  if (isLower || next === undefined || index > 0) return false;
  const isNamed = left.isRole || left.isRelation || left.isSpoken;
  return (
    isNamed ||
    (!sentenceStart.test(textBefore) && (next.isInitial || next.kind === 'given' || next.kind === 'family'))
  );
}

/** Surnames are everyday words often: Baker, Young, Banks. */
function mayEnd(run: Run, index: number): boolean {
  const before = run[index - 1];
  if (index === 1 && isCompass(run[0] as Word)) return true;
  return (
    before !== undefined &&
    (before.kind === 'given' ||
      before.kind === 'ambiguous' ||
      before.isInitial ||
      isParticle(before) ||
      (before.kind === 'unknown' && index > 1 && (run[0] as Word).kind === 'given')) &&
    index === run.length - 1
  );
}
