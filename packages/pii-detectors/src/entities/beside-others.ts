import type { Entity } from './entity.ts';

/** What has no word before it, but could be something: less sure than this it is nothing. */
const leastScore = 0.1;
const promoted = 0.5;
/** Beside these stands what belongs to a person. */
const personal =
  /^(?:PERSON|DATE_OF_BIRTH|EMAIL_ADDRESS|PHONE_NUMBER|CREDIT_CARD|IBAN_CODE|US_SSN|[A-Z]{2}_[A-Z_]+)$/u;
const widest = 3;

/**
 * What is unsure by itself and stands directly beside what is sure, as in a row of a table without a header: `Ada Moyo 19/3/1946
 * 580112292`. Nothing but blanks, commas, semicolons, bars and quotes may stand between the two.
 *
 * @returns those of `unsure` that count, with a score of 0.5; none where that is not enough
 */
export function besideOthers(
  text: string,
  sure: readonly Entity[],
  unsure: readonly Entity[],
  minScore: number,
): readonly Entity[] {
  if (minScore > promoted || unsure.length === 0 || sure.length === 0) return [];
  const ends = new Set<number>();
  const starts = new Set<number>();
  for (const { type, start, end } of sure) {
    if (!personal.test(type)) continue;
    ends.add(end);
    starts.add(start);
  }
  return unsure
    .filter(
      ({ start, end, score }) =>
        score >= leastScore && (isBehind(text, ends, start) || isBefore(text, starts, end)),
    )
    .map((entity) => ({ ...entity, score: promoted }));
}

function isBehind(text: string, ends: ReadonlySet<number>, start: number): boolean {
  for (let index = start - 1; index >= start - widest && isBetween(text[index]); index -= 1)
    if (ends.has(index)) return true;
  return false;
}

function isBefore(text: string, starts: ReadonlySet<number>, end: number): boolean {
  for (let index = end; index < end + widest && isBetween(text[index]); index += 1)
    if (starts.has(index + 1)) return true;
  return false;
}

const isBetween = (character: string | undefined): boolean =>
  character !== undefined && /[ \t,;|"']/u.test(character);
