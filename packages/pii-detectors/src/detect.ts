import { findCards } from './card.ts';
import { findEmails } from './email.ts';
import type { Detector, Finding } from './finding.ts';
import { findIbans } from './iban.ts';
import { findIpAddresses } from './ip-address.ts';
import { findPhones } from './phone.ts';

/** Most specific first: of two findings of one length in one place, the first counts. */
const detectors: readonly Detector[] = [findEmails, findIbans, findCards, findIpAddresses, findPhones];

/** All personal data of a text, in order, without overlaps: where two findings overlap, the longer one counts. */
export function detect(text: string): readonly Finding[] {
  const found = detectors.flatMap((detector, rank) =>
    [...detector(text)].map((finding) => ({ finding, rank })),
  );
  const longestFirst = found.toSorted(
    (a, b) => b.finding.end - b.finding.start - (a.finding.end - a.finding.start) || a.rank - b.rank,
  );
  const kept: Finding[] = [];
  const taken = new Set<number>();
  for (const { finding } of longestFirst) {
    const offsets = Array.from({ length: finding.end - finding.start }, (_, index) => finding.start + index);
    if (offsets.some((offset) => taken.has(offset))) continue;
    for (const offset of offsets) taken.add(offset);
    kept.push(finding);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}
