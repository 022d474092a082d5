import type { Entity } from './entities/entity.ts';
import type { Recognizer } from './entities/recognizer.ts';
import { creditCards } from './entities/recognizers/credit-card.ts';
import { emails } from './entities/recognizers/email.ts';
import { ibans } from './entities/recognizers/iban.ts';
import { ipAddresses } from './entities/recognizers/ip-address.ts';
import { phoneRecognizer } from './entities/recognizers/phone.ts';
import { createScan } from './entities/scan.ts';
import type { Finding, PiiType } from './finding.ts';

/** Most specific first: of two findings of one length in one place, the first counts. */
const recognizers: readonly Recognizer[] = [emails, ibans, creditCards, ipAddresses, phoneRecognizer()];

const shortNames: Readonly<Record<string, PiiType>> = {
  EMAIL_ADDRESS: 'EMAIL',
  IBAN_CODE: 'IBAN',
  CREDIT_CARD: 'CARD',
  IP_ADDRESS: 'IP',
  PHONE_NUMBER: 'PHONE',
};
const minScore = 0.5;

/** E-mail addresses, phone numbers, cards, bank accounts and IP addresses of a text, in order, without overlaps: where two findings overlap, the longer one counts. */
export function detect(text: string): readonly Finding[] {
  const scan = createScan(text);
  const found = recognizers.flatMap((recognizer, rank) =>
    Array.from(recognizer.find(scan), (entity) => ({ entity, rank })).filter(
      ({ entity }) => entity.score >= minScore,
    ),
  );
  return found.length === 0 ? [] : withoutOverlaps(text, found);
}

function withoutOverlaps(
  text: string,
  found: readonly { readonly entity: Entity; readonly rank: number }[],
): readonly Finding[] {
  const longestFirst = found.toSorted(
    (a, b) => b.entity.end - b.entity.start - (a.entity.end - a.entity.start) || a.rank - b.rank,
  );
  const kept: Finding[] = [];
  const taken = new Uint8Array(text.length);
  for (const { entity } of longestFirst) {
    const { start, end } = entity;
    const type = shortNames[entity.type];
    // What is taken is no shorter than this one: where they overlap, one of its ends is taken.
    if (type === undefined || taken[start] === 1 || taken[end - 1] === 1) continue;
    taken.fill(1, start, end);
    kept.push({ type, start, end, value: text.slice(start, end) });
  }
  return kept.toSorted((a, b) => a.start - b.start);
}
