import { leftContextOf, type LeftContext } from './left-context.ts';
import { isCompass, looksLikePlace, organizationSuffix } from './place-shapes.ts';
import { isParticle, type Run } from './runs.ts';
import type { Word } from './words.ts';

export interface Judged {
  readonly type: 'PERSON' | 'LOCATION' | 'ORGANIZATION';
  readonly start: number;
  readonly end: number;
  readonly score: number;
  /** Without initials and particles. */
  readonly words: number;
}

export interface RunContext {
  readonly left: LeftContext;
  /** Name of the column or field. */
  readonly label: string | undefined;
  readonly textBefore: string;
  readonly textBehind: (end: number) => string;
  readonly isLower: boolean;
  readonly isGerman: boolean;
  readonly last: Judged | undefined;
}

const nameLabel =
  /(?:^|[_ -])(?:name|nom|nombre|nome|surname|first|last|middle|given|family|vorname|nachname|apellidos?|prénom|cognome|customer|patient|employee|contact|owner|author|user|student|holder|person|client|recipient|sender|firstname|lastname|fullname)(?:$|[_ -])/iu;
const placeFieldLabel =
  /(?:^|[_ -])(?:city|town|place|location|address|ort|stadt|ville|ciudad|citt[àa]|cidade|birthplace|street|state|county)(?:$|[_ -])/iu;
const personBehind =
  /^(?:\s?<|\s?\((?:ssn|born|dob|geb|age|aged|\d{2}|nhs|he|she|him|her|tax|customer|patient|client)|,?\s(?:born|geb\.|née?\s(?:le)?|nacid[oa]|nat[oa]|aged?\s\d|dob|d\.o\.b|ssn)|['’]s\s(?:phone|e?-?mail|address|number|account|passport|birthday|password|ssn|wife|husband|son|daughter|mother|father|car|house)|\s(?:said|says|asked|told|wrote|works?|worked|lives?|lived|refers|referred|needs|wants|called|has (?:improved|been|a)|is (?:a|my|the|our)\b|was (?:born|admitted)|reports?\b|complain))/iu;
const labelBehind =
  /^\s?[,;|:(/–-]\s?(?:\+?\d|(?:nhs|ssn|ni|nino|dob|d\.o\.b|born|geb|tel|phone|mobile|mob|cell|e-?mail|mail|address|passport|aged?|iban|tax|nie|nif|dni|cf|cpf|pan|aadhaar|employee|customer|account|id|policy|steuer|adresse|nacid|née?)(?!\p{L}))/iu;
const honorifics = new Set(
  'mr mrs ms miss mx dr prof professor sir madam herr herrn frau señor señora señorita sr sra srta don doña monsieur madame mademoiselle mme mlle signor signora signorina dottor dottoressa dott sig senhor senhora dra patient patientin paciente paziente kunde kundin customer client employee tenant'.split(
    ' ',
  ),
);
const sentenceStart = /(?:^|[.!?:]\s+|\n\s*|["'“„«(\[]|[-*•]\s)$/u;
const trimmedBefore = new Set(['everyday']);

/** What a run of words is; undefined where it is nothing. */
export function judgeRun(run: Run, context: RunContext): Judged | undefined {
  const { words, left, isTrimmed } = trim(run, context);
  const first = words[0];
  const last = words.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const { start } = first;
  const { end } = last;
  const found = (type: Judged['type'], score: number): Judged => ({
    type,
    start,
    end,
    score,
    words: core.length,
  });
  const core = words.filter((word) => !isParticle(word) && !word.isInitial);
  if (core.length === 0) return undefined;
  const behind = context.textBehind(end);

  if (core.length > 1 && organizationSuffix.test(last.text)) return found('ORGANIZATION', 0.75);
  const label = isTrimmed ? undefined : context.label;
  if (label !== undefined && nameLabel.test(label)) return found('PERSON', 0.85);
  if (label !== undefined && placeFieldLabel.test(label)) return found('LOCATION', 0.8);
  const hasGiven = core.some(({ kind }) => kind === 'given');
  const isNamed = left.isTitle || left.isRole || left.isRelation;
  if (isNamed && !isOnlyProduct(core, left) && (hasGiven || !isAcronym(core, left)))
    return found('PERSON', core.length > 4 ? 0.55 : context.isLower && !hasGiven ? 0.6 : 0.85);
  if (left.isPlaceLabel && !hasGiven) return found('LOCATION', 0.7);
  if (core.some(({ kind }) => kind === 'organization')) return found('ORGANIZATION', 0.4);

  const isPlace = looksLikePlace(words);
  if (left.isWhereabouts && !(hasGiven && core.length > 1 && !isPlace))
    return found('LOCATION', isPlace ? 0.85 : 0.7);
  if (context.last?.type === 'PERSON' && context.last.score >= 0.5 && !isPlace && core.length <= 4)
    return found(
      'PERSON',
      core.every(({ kind }) => kind === 'everyday' || (core.length === 1 && kind === 'ambiguous'))
        ? 0.3
        : 0.65,
    );
  const isKnownPlace = core.every(({ kind }) => kind === 'place' || kind === 'region');
  if (isPlace || isKnownPlace) {
    if (left.hasPreposition || (isPlace && core.length > 1))
      return found('LOCATION', isKnownPlace && core.some(({ kind }) => kind === 'region') ? 0.4 : 0.6);
    if (!hasGiven) return found('LOCATION', isPlace && core.length > 1 ? 0.5 : 0.4);
  }
  return personOf(core, { context, left, behind, hasGiven, found });
}

interface PersonFacts {
  readonly context: RunContext;
  readonly left: LeftContext;
  readonly behind: string;
  readonly hasGiven: boolean;
  readonly found: (type: Judged['type'], score: number) => Judged;
}

function personOf(core: Run, { context, left, behind, hasGiven, found }: PersonFacts): Judged | undefined {
  const isFollowed = personBehind.test(behind) || labelBehind.test(behind);
  const isThing = left.hasDeterminer && !isFollowed;
  const [first] = core as readonly [Word];
  if (core.length === 1) {
    if (first.kind === 'given' && !isThing && (left.isSpoken || left.isAddressed || isFollowed))
      return found('PERSON', 0.65);
    if (first.kind === 'ambiguous' || first.kind === 'family')
      return found('PERSON', left.isAddressed || (left.isSpoken && isFollowed) ? 0.6 : 0.3);
    if (first.kind === 'given')
      return found(
        'PERSON',
        isThing || context.isGerman || context.isLower || sentenceStart.test(context.textBefore) ? 0.35 : 0.5,
      );
    if (first.kind !== 'unknown' || first.isShouted || context.isLower) return undefined;
    return left.isAddressed || (left.isSpoken && personBehind.test(behind))
      ? found('PERSON', 0.6)
      : undefined;
  }
  const strange = core.filter(({ kind }) => kind === 'everyday').length;
  if (core.length > 4 || isThing) return undefined;
  if (!hasGiven && core.some(({ isShouted }) => isShouted) && !core.every(({ isShouted }) => isShouted))
    return undefined;
  if (first.kind === 'given' || (hasGiven && strange === 0)) return found('PERSON', strange > 1 ? 0.45 : 0.8);
  if (strange > 0)
    return strange < core.length &&
      !first.isShouted &&
      (isFollowed || (left.isSpoken && first.kind === 'ambiguous'))
      ? found('PERSON', 0.55)
      : undefined;
  if (core.some(({ kind }) => kind === 'family')) return found('PERSON', 0.7);
  if (context.isLower) return left.isAddressed || isFollowed ? found('PERSON', 0.55) : undefined;
  const { isShouted } = first;
  if ((isFollowed || left.isSpoken) && !(isShouted && core.some(({ text }) => text.length < 4)))
    return found('PERSON', 0.7);
  return found('PERSON', isShouted || context.isGerman ? 0.4 : 0.6);
}

interface Trimmed {
  readonly words: Run;
  readonly left: LeftContext;
  readonly isTrimmed: boolean;
}

/** Without the everyday words in front of a name, which say what it is, and those behind it. */
function trim(run: Run, context: RunContext): Trimmed {
  let from = 0;
  let to = run.length;
  const isBound = context.left.isTitle || context.label !== undefined;
  while (from < to - 1 && honorifics.has((run[from] as Word).lower)) from += 1;
  while (
    !isBound &&
    from < to &&
    trimmedBefore.has((run[from] as Word).kind) &&
    !(run[from] as Word).isInitial &&
    !isName(run, from, context)
  )
    from += 1;
  while (
    to > from + 1 &&
    (run[to - 1] as Word).kind === 'everyday' &&
    !isBound &&
    !labelBehind.test(context.textBehind((run[to - 1] as Word).end)) &&
    !context.left.isRole &&
    !mayEnd(run, to - 1)
  )
    to -= 1;
  if (from === 0) return { words: run.slice(0, to), left: context.left, isTrimmed: false };
  if (from === to) return { words: [], left: context.left, isTrimmed: true };
  const front =
    context.textBefore +
    run
      .slice(0, from)
      .map(({ text }) => text)
      .join(' ') +
    ' ';
  return { words: run.slice(from, to), left: leftContextOf(front.slice(-72)), isTrimmed: true };
}

/** An everyday word, such as Hope or Young, that begins a name: not at the start of a sentence, and with an initial or a name behind it. */
function isName(run: Run, index: number, { textBefore, left, isLower }: RunContext): boolean {
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

/** CUDA, GPU: one word of capitals, where a name is not expected to be shouted. */
const isAcronym = (core: Run, left: LeftContext): boolean =>
  !left.isTitle && core.length === 1 && core.every(({ isShouted }) => isShouted);

function isOnlyProduct(core: Run, left: LeftContext): boolean {
  return (
    !left.isTitle &&
    core.every(({ kind }) => kind === 'everyday' || kind === 'organization' || kind === 'region')
  );
}
