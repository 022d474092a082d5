import { classifyTexts, type Classified, type TokenClassifier } from '@millrace/pii-detectors/names';
import { MillraceError, type Clock } from '@millrace/runtime';
import type { Unclassified } from './scrub-classified.ts';
import type { Scrubbed } from './scrub.ts';

export interface ModelOptions {
  readonly classifier: TokenClassifier;
  readonly clock: Clock;
  /** How long the model may look at the texts of a request, in milliseconds. */
  readonly limitMs: number;
}

/** What is looked at may depend on what was found, but not for long. */
const mostRounds = 4;

/**
 * Scrubs by what a model finds: tries, has the model look at the texts that it is asked for, and tries again.
 *
 * @param attempt with what was found so far
 * @throws as `attempt`; `pii_unavailable` where the model failed or took too long; the signal's reason
 */
export async function scrubByModel(
  attempt: (classified: Classified) => Promise<Scrubbed | Unclassified>,
  { classifier, clock, limitMs }: ModelOptions,
  signal: AbortSignal,
): Promise<Scrubbed> {
  const late = new AbortController();
  const timer = clock.setTimer(limitMs, () => late.abort(unavailable('took too long')));
  const ended = AbortSignal.any([signal, late.signal]);
  try {
    let classified: Classified = new Map();
    for (let round = 0; round < mostRounds; round += 1) {
      const answer = await attempt(classified);
      if (!('unclassified' in answer)) return answer;
      const found = await classify(classifier, answer.unclassified, ended);
      classified = new Map([...classified, ...found]);
    }
    throw unavailable('did not come to an end');
  } finally {
    timer.cancel();
  }
}

async function classify(
  classifier: TokenClassifier,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Classified> {
  try {
    return await classifyTexts(classifier, texts, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw unavailable('failed', error);
  }
}

function unavailable(what: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'pii_unavailable',
    `The content could not be checked for personal data: the model of names ${what}.`,
    { retryable: true, cause },
  );
}
