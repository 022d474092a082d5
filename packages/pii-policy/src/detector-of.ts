import { createDetector, type Finding } from '@millrace/pii-detectors';
import type { Detect } from './masker.ts';
import { actionOf, type Direction, type PiiPolicy } from './pii-policy.ts';

/** What is looked for: patterns, persons with organisations and places, which takes ten times as long, or all of it. */
export type Looking = 'patterns' | 'entities' | 'everything';

/** Finds what the policy does not leave alone, in texts that belong together. */
export function detectorOf(policy: PiiPolicy, direction: Direction, _looking: Looking): Detect {
  const detect = createDetector();
  const allowed = new Set(policy.allow.map((value) => value.toLowerCase()));
  const isWanted = ({ type, value }: Finding): boolean =>
    actionOf(policy, type, direction) !== 'off' && !allowed.has(value.toLowerCase());
  return (text) => detect(text).filter(isWanted);
}
