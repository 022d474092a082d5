import type { Decision } from '@millrace/contracts';
import type { Clock } from '@millrace/runtime';

/** A decision for the trail. Facts are figures and names, never personal data. */
export function decide(
  clock: Clock,
  stage: string,
  outcome: string,
  details: { readonly code?: string; readonly facts?: Readonly<Record<string, string>> } = {},
): Decision {
  return { stage, at: clock.now(), outcome, code: details.code ?? null, facts: details.facts ?? {} };
}
