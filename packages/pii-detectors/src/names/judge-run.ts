import type { LeftContext } from './left-context.ts';
import { looksLikePlace, organizationSuffix } from './place-shapes.ts';
import { isParticle, type Run } from './runs.ts';
import { labelBehind, sentenceStart, trimRun, type TrimContext } from './trim-run.ts';
import type { Word } from './words.ts';

export interface Judged {
  readonly type: 'PERSON' | 'LOCATION' | 'ORGANIZATION';
  readonly start: number;
  readonly end: number;
  readonly score: number;
  /** Without initials and particles. */
  readonly words: number;
}

export interface RunContext extends TrimContext {
  readonly isGerman: boolean;
  readonly isRomance: boolean;
  readonly last: Judged | undefined;
}

const nameLabel =
  /(?:^|[_ -])(?:name|nom|nombre|nome|surname|first|last|middle|given|family|vorname|nachname|apellidos?|prénom|cognome|customer|patient|employee|contact|owner|author|user|student|holder|person|client|recipient|sender|firstname|lastname|fullname)(?:$|[_ -])/iu;
const placeFieldLabel =
  /(?:^|[_ -])(?:city|town|place|location|address|ort|stadt|ville|ciudad|citt[àa]|cidade|birthplace|street|state|county)(?:$|[_ -])/iu;
const personBehind =
  /^(?:\s?<|\s?\((?:ssn|born|dob|geb|age|aged|\d{2}|nhs|he|she|him|her|tax|customer|patient|client)|,?\s(?:born|geb\.|née?\s(?:le)?|nacid[oa]|nat[oa]|aged?\s\d|dob|d\.o\.b|ssn)|['’]s\s(?:phone|e?-?mail|address|number|account|passport|birthday|password|ssn|wife|husband|son|daughter|mother|father|car|house)|\s(?:said|says|asked|told|wrote|works?|worked|lives?|lived|refers|referred|needs|wants|called|has (?:improved|been|a)|is (?:a|my|the|our)\b|was (?:born|admitted)|reports?\b|complain))/iu;

/** What a run of words is; undefined where it is nothing. */
export function judgeRun(run: Run, context: RunContext): Judged | undefined {
  const { words, left, isTrimmed } = trimRun(run, context);
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
  if (
    isNamed &&
    context.isLower &&
    context.isRomance &&
    !hasGiven &&
    !left.isTitle &&
    isWithoutCapitals(core)
  )
    return undefined;
  if (isNamed && !isOnlyProduct(core, left) && (hasGiven || !isAcronym(core, left)))
    return found('PERSON', core.length > 4 ? 0.55 : context.isLower && !hasGiven ? 0.6 : 0.85);
  if (left.isPlaceLabel && !hasGiven) return found('LOCATION', 0.7);
  if (core.some(({ kind }) => kind === 'organization')) return found('ORGANIZATION', 0.4);

  const isPlace = looksLikePlace(words);
  if (left.isWhereabouts && !(hasGiven && core.length > 1 && !isPlace))
    return found('LOCATION', isPlace ? 0.85 : 0.7);
  // "Mr Yilmaz, Your Report": what says whose a thing is was taken off.
  const isNext = context.last?.type === 'PERSON' && context.last.score >= 0.5 && !isTrimmed;
  if (isNext && !isPlace && core.length <= 4)
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

function personOf(
  core: Run,
  { context, left: before, behind, hasGiven, found }: PersonFacts,
): Judged | undefined {
  // "im Jahr" is German; "im maria" is who speaks.
  const left = before.isIm && !hasGiven ? { ...before, isSpoken: false, isAddressed: false } : before;
  const isFollowed = personBehind.test(behind) || labelBehind.test(behind);
  const [first] = core as readonly [Word];
  const isThing = left.hasDeterminer && !isFollowed && !isPreposition(context, first);
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

/** "an Martina", "a Marco": to her, to him, where an English article would be another or the language has none such. */
function isPreposition({ textBefore, isRomance }: RunContext, first: Word): boolean {
  if (/(?<!\p{L})an\s$/iu.test(textBefore)) return !first.isShouted && /^[^aeiouh]/iu.test(first.text);
  return isRomance && /(?<!\p{L})a\s$/iu.test(textBefore);
}

const isWithoutCapitals = (core: Run): boolean => core.every(({ isCapital }) => !isCapital);

/** CUDA, GPU: one word of capitals, where a name is not expected to be shouted. */
const isAcronym = (core: Run, left: LeftContext): boolean =>
  !left.isTitle && core.length === 1 && core.every(({ isShouted }) => isShouted);

function isOnlyProduct(core: Run, left: LeftContext): boolean {
  return (
    !left.isTitle &&
    core.every(({ kind }) => kind === 'everyday' || kind === 'organization' || kind === 'region')
  );
}
