import { createAnalyzer, entityTypes, nameTypes } from '@millrace/pii-detectors/entities';
import { createNameRecognizer } from '@millrace/pii-detectors/names';
import type { Detect } from './masker.ts';
import { actionOf, type Direction, type PiiPolicy } from './pii-policy.ts';

export interface DetectorOptions {
  /** Whether persons, organisations and places are looked for as well, where the policy does not leave them alone. By default they are. */
  readonly names?: boolean;
}

/**
 * Finds what the policy does not leave alone.
 *
 * @throws `InvalidPattern` for a pattern of the tenant's own that is none
 */
export function detectorOf(
  policy: PiiPolicy,
  direction: Direction,
  { names = true }: DetectorOptions = {},
): Detect {
  const isWanted = (type: string): boolean => actionOf(policy, type, direction) !== 'off';
  const types = entityTypes.filter(isWanted);
  const hasNames = names && nameTypes.some(isWanted);
  const analyze = createAnalyzer({
    types,
    allowList: policy.allow,
    ownPatterns: policy.patterns.filter(({ type }) => isWanted(type)),
    more: hasNames ? [createNameRecognizer()] : [],
  });
  return (text) =>
    analyze(text).map(({ type, start, end }) => ({ type, start, end, value: text.slice(start, end) }));
}
