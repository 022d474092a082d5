import { nameTypes } from '@millrace/pii-detectors/types';

/**
 * What is done with personal data of a type.
 *
 * - `off`: it is not looked for.
 * - `report`: it is counted and put on record; nothing is changed.
 * - `mask`: its type stands in its place, for good.
 * - `replace`: a numbered placeholder stands in its place; whoever may see the answer gets the original back.
 * - `hash`: a keyed hash stands in its place, the same for the same value in all requests of the tenant.
 * - `block`: the request, or the answer, ends there.
 */
export const piiActions = ['off', 'report', 'mask', 'replace', 'hash', 'block'] as const;
export type PiiAction = (typeof piiActions)[number];

/** A pattern of the tenant's own, in the syntax of RE2. */
export interface CustomPattern {
  /** Its type, such as EMPLOYEE_ID. */
  readonly type: string;
  readonly pattern: string;
}

/** What a tenant wants done with personal data. */
export interface PiiPolicy {
  /** By type; what is not there has the default. */
  readonly actions: Readonly<Record<string, PiiAction>>;
  /** The same for what a model generates; what is not there is as in `actions`. */
  readonly outputActions: Readonly<Record<string, PiiAction>>;
  readonly patterns: readonly CustomPattern[];
  /** Values that are no personal data, compared without regard to case. */
  readonly allow: readonly string[];
  /** Whether answers get the originals back. */
  readonly restore: boolean;
}

/** Found by words and context: less certain. And most times are nobody's. */
const reportedTypes: ReadonlySet<string> = new Set([...nameTypes, 'DATE_TIME']);

/** What a tenant has that has set nothing. */
export const defaultPiiPolicy: PiiPolicy = {
  actions: {},
  outputActions: {},
  patterns: [],
  allow: [],
  restore: true,
};

/** Which way content goes: to a model, or from it. */
export type Direction = 'input' | 'output';

/**
 * What is done with a type. An address of a street, of which the policy says nothing, is dealt with as places are, where it says something of
 * those: whoever keeps places from models keeps addresses from them.
 */
export function actionOf(policy: PiiPolicy, type: string, direction: Direction): PiiAction {
  return (
    actionSet(policy, type, direction) ??
    (isStreetAddress(policy, type) ? actionSet(policy, 'LOCATION', direction) : undefined) ??
    defaultActionOf(policy, type, direction)
  );
}

function actionSet(
  { actions, outputActions }: PiiPolicy,
  type: string,
  direction: Direction,
): PiiAction | undefined {
  return (direction === 'output' ? outputActions[type] : undefined) ?? actions[type];
}

/**
 * An answer full of placeholders helps nobody who asked for an address of the web, and that of a street has so many words that its sentence would
 * be waited for: in answers those are only counted.
 */
function defaultActionOf(policy: PiiPolicy, type: string, direction: Direction): PiiAction {
  if (reportedTypes.has(type)) return 'report';
  const isReported = direction === 'output' && (type === 'URL' || isStreetAddress(policy, type));
  return isReported ? 'report' : 'replace';
}

/** A pattern of a tenant may have had the name before it was a type of the platform: that one stays what it was. */
function isStreetAddress({ patterns }: PiiPolicy, type: string): boolean {
  return type === streetAddress && !patterns.some((own) => own.type === streetAddress);
}

const streetAddress = 'STREET_ADDRESS';

/** Whether content is changed, or held back, for persons, organisations or places; else they are at most counted. */
export function needsNames(policy: PiiPolicy, direction: Direction): boolean {
  return nameTypes.some((type) => isActedOn(policy, type, direction));
}

function isActedOn(policy: PiiPolicy, type: string, direction: Direction): boolean {
  return !['off', 'report'].includes(actionOf(policy, type, direction));
}

/** Whether something is replaced by a keyed hash, on either way. */
export function needsHash({ actions, outputActions }: PiiPolicy): boolean {
  return [...Object.values(actions), ...Object.values(outputActions)].includes('hash');
}

/** What can match a blank, or cannot be told not to. */
const blanks = /[ .^]|\\[sSWDPpxQC]|\[:/;
const escapedSigns = /\\[.^$|()[\]{}*+?/-]/g;

/** Whether a value of this pattern may have more than one word. */
function mayHaveBlanks({ pattern }: CustomPattern): boolean {
  return blanks.test(pattern.replace(escapedSigns, ''));
}

/** Whether what is changed in answers may have many words that say nothing one by one: then its sentence is waited for. */
export function needsSentences(policy: PiiPolicy): boolean {
  return (
    needsNames(policy, 'output') ||
    isActedOn(policy, streetAddress, 'output') ||
    policy.patterns.some((own) => isActedOn(policy, own.type, 'output') && mayHaveBlanks(own))
  );
}
