import { createAnalyzer, entityTypes, nameTypes, type Recognizer } from '@millrace/pii-detectors/entities';
import { createNameRecognizer } from '@millrace/pii-detectors/names';
import type { Entity } from '@millrace/pii-detectors/types';
import type { Detect } from './masker.ts';
import { mergeFindings } from './merge-findings.ts';
import { actionOf, type CustomPattern, type Direction, type PiiPolicy } from './pii-policy.ts';

export interface DetectorOptions {
  /** Whether persons, organisations and places are looked for as well, where the policy does not leave them alone. By default they are. */
  readonly names?: boolean;
  /** What a model found in a text, in the place of the rules for names; of long texts it is asked for their pieces. */
  readonly classified?: ((text: string) => readonly Entity[]) | undefined;
}

/**
 * Finds what the policy does not leave alone. A pattern of the tenant's own takes nothing from what the platform finds: where both
 * find something, all of it counts.
 *
 * @throws `InvalidPattern` for a pattern of the tenant's own that is none
 */
export function detectorOf(
  policy: PiiPolicy,
  direction: Direction,
  { names = true, classified }: DetectorOptions = {},
): Detect {
  const isWanted = (type: string): boolean => actionOf(policy, type, direction) !== 'off';
  const isCounted = (type: string): boolean => actionOf(policy, type, direction) === 'report';
  const types = entityTypes.filter(isWanted);
  const hasNames = names && nameTypes.some(isWanted);
  const byRules = hasNames && classified === undefined;
  const detect = withValues(
    createAnalyzer({
      types,
      allowList: policy.allow,
      more: byRules ? [nameRecognizer()] : [],
      ...(hasNames && classified !== undefined ? { classified } : {}),
    }),
  );
  const own = policy.patterns.filter(({ type }) => isWanted(type));
  if (own.length === 0) return detect;
  const detectorOfOwn = (ownPatterns: readonly CustomPattern[]): Detect =>
    withValues(createAnalyzer({ types: [], allowList: policy.allow, ownPatterns }));
  const detectOwn = detectorOfOwn(own.filter(({ type }) => !isCounted(type)));
  const countOwn = detectorOfOwn(own.filter(({ type }) => isCounted(type)));
  return (text) => {
    const found = detect(text);
    return mergeFindings(
      text,
      [...found.filter(({ type }) => !isCounted(type)), ...detectOwn(text)],
      [...found.filter(({ type }) => isCounted(type)), ...countOwn(text)],
      (type) => actionOf(policy, type, direction) === 'block',
    );
  };
}

let ofThread: Recognizer | undefined;

/** One for all policies: it knows the words again that it has looked up. */
function nameRecognizer(): Recognizer {
  return (ofThread ??= createNameRecognizer());
}

function withValues(analyze: ReturnType<typeof createAnalyzer>): Detect {
  return (text) =>
    analyze(text).map(({ type, start, end }) => ({ type, start, end, value: text.slice(start, end) }));
}
