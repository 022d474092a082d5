import { nameTypes } from '@millrace/pii-detectors/types';
import { detectorOf } from './detector-of.ts';
import { ContentBlocked, createMasker, type Detect, type PiiCount } from './masker.ts';
import { mergeFindings } from './merge-findings.ts';
import { actionOf, needsNames, type PiiPolicy } from './pii-policy.ts';
import { replaceInText } from './replace-in-json.ts';

/** What a model has generated for one request, as it generated it: with placeholders. */
export interface GeneratedTexts {
  /** One for each choice. */
  readonly texts: readonly string[];
  /** Arguments of the calls of all choices: JSON. */
  readonly callArguments: readonly string[];
}

const names: ReadonlySet<string> = new Set(nameTypes);

/**
 * What a policy does to the personal data of an answer, and to that which it only reports: persons, organisations and places, for whom
 * nobody looks while the answer is on its way. Of a text that is blocked what stands up to there.
 */
export function countGenerated(
  policy: PiiPolicy,
  { texts, callArguments }: GeneratedTexts,
): readonly PiiCount[] {
  const masker = createMasker({
    policy,
    direction: 'output',
    detect: detectorOfAll(policy),
    taken: () => false,
    hash: (_type, value) => value,
  });
  for (const text of texts) count(text, (whole) => masker.mask(whole));
  for (const text of callArguments)
    count(text, (whole) => replaceInText(whole, (piece) => masker.mask(piece)));
  return masker.counts();
}

function count(text: string, mask: (text: string) => string): void {
  try {
    mask(text);
  } catch (error) {
    if (!(error instanceof ContentBlocked)) throw error;
  }
}

/** What is found on the way out, with the names that are only counted where they stand in nothing of it. */
function detectorOfAll(policy: PiiPolicy): Detect {
  const isOnTheWay = needsNames(policy, 'output');
  const detect = detectorOf(policy, 'output', { names: isOnTheWay });
  if (isOnTheWay || nameTypes.every((type) => actionOf(policy, type, 'output') === 'off')) return detect;
  const detectNames = detectorOf(policy, 'output');
  return (text) =>
    mergeFindings(
      text,
      detect(text),
      detectNames(text).filter(({ type }) => names.has(type)),
      () => false,
    );
}
