import { findCards } from './card.ts';
import { findEmails } from './email.ts';
import type { Detector, Finding } from './finding.ts';
import { findIbans } from './iban.ts';
import { findIpAddresses } from './ip-address.ts';
import { createPhoneFinder } from './phone.ts';

/** All personal data of a text, in order, without overlaps: where two findings overlap, the longer one counts. */
export function detect(text: string): readonly Finding[] {
  return createDetector()(text);
}

/** The same for texts that belong together, such as those of one request: what was looked at in one is known in the others. */
export function createDetector(): (text: string) => readonly Finding[] {
  /** Most specific first: of two findings of one length in one place, the first counts. */
  const detectors: readonly Detector[] = [
    findEmails,
    findIbans,
    findCards,
    findIpAddresses,
    createPhoneFinder(),
  ];
  return (text) => {
    const found = detectors.flatMap((detector, rank) =>
      Array.from(detector(text), (finding) => ({ finding, rank })),
    );
    return found.length === 0 ? [] : withoutOverlaps(text.length, found);
  };
}

function withoutOverlaps(
  length: number,
  found: readonly { readonly finding: Finding; readonly rank: number }[],
): readonly Finding[] {
  const longestFirst = found.toSorted(
    (a, b) => b.finding.end - b.finding.start - (a.finding.end - a.finding.start) || a.rank - b.rank,
  );
  const kept: Finding[] = [];
  const taken = new Uint8Array(length);
  for (const { finding } of longestFirst) {
    // What is taken is no shorter than this one: where they overlap, one of its ends is taken.
    if (taken[finding.start] === 1 || taken[finding.end - 1] === 1) continue;
    taken.fill(1, finding.start, finding.end);
    kept.push(finding);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}
