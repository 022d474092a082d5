import type { GoldText, Span } from './gold.ts';

/** What other names of a type count as, as score.py of the set has it. */
const sameAs: Readonly<Record<string, readonly string[]>> = {
  DATE_TIME: ['DATE_TIME', 'DATE_OF_BIRTH'],
  ABA_ROUTING_NUMBER: ['US_ROUTING'],
  ES_NIE: ['ES_NIF'],
  STREET_ADDRESS: ['LOCATION'],
  UK_POSTCODE: ['LOCATION'],
  DE_PLZ: ['LOCATION'],
};
const names = new Set(['PERSON', 'LOCATION']);
/** Neither a pattern type nor a name: a date is not always somebody's. */
const soft = new Set(['DATE_TIME']);
const checksummed = new Set(
  'BR_CPF CREDIT_CARD CRYPTO DE_TAX_ID ES_NIF FR_NIR IBAN_CODE IN_AADHAAR IT_FISCAL_CODE UK_NHS US_ROUTING'.split(
    ' ',
  ),
);

export interface TypeScore {
  readonly gold: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Share of the characters that no finding of any type covers. */
  readonly unmasked: number;
}

export interface Scores {
  readonly types: Readonly<Record<string, TypeScore>>;
  readonly patternTypes: TypeScore;
  readonly checksummedTypes: TypeScore;
  /** Share of the characters of texts without personal data that are covered. */
  readonly harmlessMasked: number;
  /** Share of the other characters of texts with personal data that are covered. */
  readonly harmlessBesideMasked: number;
}

interface Counts {
  gold: number;
  hit: number;
  wrong: number;
  characters: number;
  unmasked: number;
}

/** Scores as score.py of the set does: one finding for each span, which overlap by half at least. */
export function score(gold: readonly GoldText[], found: ReadonlyMap<string, readonly Span[]>): Scores {
  const counts = new Map<string, Counts>();
  const countsOf = (type: string): Counts => {
    const known = counts.get(type) ?? { gold: 0, hit: 0, wrong: 0, characters: 0, unmasked: 0 };
    counts.set(type, known);
    return known;
  };
  const types = new Set(gold.flatMap(({ spans }) => spans.map(({ type }) => type)));
  const targets = (type: string): readonly string[] =>
    (sameAs[type] ?? [type]).filter((each) => types.has(each));
  const harmless = { all: 0, masked: 0, besideAll: 0, besideMasked: 0 };
  let unknown = 0;

  for (const { id, text, spans } of gold) {
    const predicted = found.get(id) ?? [];
    const covered = coverOf(text.length, predicted);
    const isHarmless = coverOf(text.length, spans).map((each) => 1 - each);
    const masked = covered.reduce((sum, each, index) => sum + each * (isHarmless[index] ?? 0), 0);
    const all = isHarmless.reduce((sum, each) => sum + each, 0);
    if (spans.length === 0) [harmless.all, harmless.masked] = [harmless.all + all, harmless.masked + masked];
    else
      [harmless.besideAll, harmless.besideMasked] = [
        harmless.besideAll + all,
        harmless.besideMasked + masked,
      ];

    const single = withoutOverlaps(predicted);
    const { hitSpans, hitFindings } = match(spans, single, targets);
    for (const [index, { type, start, end }] of spans.entries()) {
      const of = countsOf(type);
      of.gold += 1;
      of.hit += hitSpans.has(index) ? 1 : 0;
      of.characters += end - start;
      of.unmasked += covered.slice(start, end).filter((each) => each === 0).length;
    }
    for (const [index, { type }] of single.entries()) {
      if (hitFindings.has(index)) continue;
      const [target] = targets(type).toSorted().toReversed();
      if (target === undefined) unknown += 1;
      else countsOf(target).wrong += 1;
    }
  }

  const sumOf = (isCounted: (type: string) => boolean, wrongBeside = 0): TypeScore =>
    rates(
      [...counts].filter(([type]) => isCounted(type)).map(([, each]) => each),
      wrongBeside,
    );
  return {
    types: Object.fromEntries(
      [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([type, of]) => [type, rates([of])]),
    ),
    patternTypes: sumOf((type) => !names.has(type) && !soft.has(type), unknown),
    checksummedTypes: sumOf((type) => checksummed.has(type)),
    harmlessMasked: harmless.masked / harmless.all,
    harmlessBesideMasked: harmless.besideMasked / harmless.besideAll,
  };
}

function rates(counts: readonly Counts[], wrongBeside = 0): TypeScore {
  const sum = (key: keyof Counts): number => counts.reduce((total, each) => total + each[key], 0);
  const hit = sum('hit');
  const precision = share(hit, hit + sum('wrong') + wrongBeside);
  const recall = share(hit, sum('gold'));
  return {
    gold: sum('gold'),
    precision,
    recall,
    f1: share(2 * precision * recall, precision + recall),
    unmasked: share(sum('unmasked'), sum('characters')),
  };
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function coverOf(length: number, spans: readonly Span[]): number[] {
  const covered = Array.from({ length }, () => 0);
  for (const { start, end } of spans) covered.fill(1, start, end);
  return covered;
}

function withoutOverlaps(spans: readonly Span[]): readonly Span[] {
  const kept: Span[] = [];
  const surestFirst = spans.toSorted(
    (a, b) =>
      b.score - a.score ||
      b.end - b.start - (a.end - a.start) ||
      a.start - b.start ||
      a.type.localeCompare(b.type),
  );
  for (const span of surestFirst)
    if (kept.every((each) => span.end <= each.start || each.end <= span.start)) kept.push(span);
  return kept;
}

function match(gold: readonly Span[], found: readonly Span[], targets: (type: string) => readonly string[]) {
  const hitSpans = new Set<number>();
  const hitFindings = new Set<number>();
  const pairs = gold
    .flatMap((span, at) =>
      found.map((finding, of) => ({
        at,
        of,
        overlap: targets(finding.type).includes(span.type) ? overlapOf(span, finding) : 0,
      })),
    )
    .filter(({ overlap }) => overlap >= 0.5)
    .toSorted((a, b) => b.overlap - a.overlap);
  for (const { at, of } of pairs) {
    if (hitSpans.has(at) || hitFindings.has(of)) continue;
    hitSpans.add(at);
    hitFindings.add(of);
  }
  return { hitSpans, hitFindings };
}

/** Intersection over union. */
function overlapOf(a: Span, b: Span): number {
  const both = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  return both <= 0 ? 0 : both / (Math.max(a.end, b.end) - Math.min(a.start, b.start));
}
