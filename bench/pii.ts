/**
 * How well personal data is found, how much that is none, and how fast, against Presidio.
 *
 *   npm run bench:pii -- [--data FOLDER] [--model FOLDER] [--no-presidio] [--json FILE]
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createAnalyzer, type Analyzer } from '@millrace/pii-detectors/entities';
import { createNameRecognizer } from '@millrace/pii-detectors/names';
import { timeMasking } from './pii/masking.ts';
import { runModel } from './pii/model.ts';
import { readGold, type GoldText, type Span } from './pii/gold.ts';
import { runPresidio } from './pii/presidio.ts';
import { forPresidio, samplesOf, timesOf, type Sample } from './pii/samples.ts';
import { score, type Scores, type TypeScore } from './pii/score.ts';

const usage = `npm run bench:pii -- [--data FOLDER] [--model FOLDER] [--no-presidio] [--json FILE]

  --data FOLDER   folder of dev.jsonl, lines {"id","text","spans"} with offsets in code points (../shared/data/pii)
  --model FOLDER  scores an ONNX model of names too (docs/reference/pii.md), with as many threads as there are processors
  --no-presidio   without the comparison, which needs Python with pip, and minutes
  --json FILE     writes all figures into a file too

Exit code 1 if an aim is missed.
`;
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/pii' },
    model: { type: 'string' },
    'no-presidio': { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

interface Contender {
  readonly name: string;
  readonly scores: Scores;
  readonly timings: ReadonlyMap<string, readonly number[]>;
}

async function main(): Promise<void> {
  const base = process.env['INIT_CWD'] ?? process.cwd();
  const gold = await readGold(path.resolve(base, values.data));
  const samples = samplesOf(gold);
  const contenders: Contender[] = [
    measure('patterns', createAnalyzer(), gold, samples),
    measure('with names', createAnalyzer({ more: [createNameRecognizer()] }), gold, samples),
  ];
  if (values.model !== undefined) {
    const folder = path.resolve(base, values.model);
    const { found, timings } = await runModel(folder, availableParallelism(), gold, samples);
    contenders.push({ name: 'with a model', scores: score(gold, found), timings });
  }
  if (!values['no-presidio']) {
    process.stderr.write('Presidio …\n');
    const { found, timings } = await runPresidio(gold, forPresidio(samples));
    for (const minScore of [0, 0.35]) {
      const sure = new Map(
        [...found].map(([id, spans]) => [id, spans.filter((span) => span.score >= minScore)]),
      );
      contenders.push({ name: `Presidio at ${minScore}`, scores: score(gold, sure), timings });
    }
  }
  print(contenders);
  const masking = timesOf(timeMasking(samples));
  process.stdout.write(
    `masking 500 characters by the default policy: p50 ${round(masking.p50)} ms, p99 ${round(masking.p99)} ms\n`,
  );
  const missed = [...aims(contenders), atMost('masking 500 characters ≤ 1.5 ms', masking.p50, 1.5)].filter(
    ({ isMet }) => !isMet,
  );
  for (const { name, value } of missed) process.stdout.write(`missed: ${name} (${value})\n`);
  if (missed.length > 0) process.exitCode = 1;
  if (values.json !== undefined)
    await writeFile(
      path.resolve(base, values.json),
      `${JSON.stringify(contenders.map(toJson), undefined, 2)}\n`,
    );
}

function measure(
  name: string,
  analyze: Analyzer,
  gold: readonly GoldText[],
  samples: readonly Sample[],
): Contender {
  const found = new Map(gold.map(({ id, text }): [string, readonly Span[]] => [id, analyze(text)]));
  const timings = new Map<string, number[]>();
  for (const sample of samples) {
    const ms = timings.get(sample.name) ?? [];
    timings.set(sample.name, ms);
    analyze(sample.text);
    for (let round = 0; round < sample.rounds; round += 1) {
      const before = performance.now();
      analyze(sample.text);
      ms.push(performance.now() - before);
    }
  }
  return { name, scores: score(gold, found), timings };
}

function print(contenders: readonly Contender[]): void {
  const types = Object.keys(contenders[0]?.scores.types ?? {});
  const row = (pick: (scores: Scores) => TypeScore | undefined): Record<string, string> =>
    Object.fromEntries(contenders.map(({ name, scores }) => [name, brief(pick(scores))]));
  process.stdout.write('precision / recall / F1, left unmasked\n');
  console.table({
    ...Object.fromEntries(types.map((type) => [type, row((scores) => scores.types[type])])),
    'all pattern types': row((scores) => scores.patternTypes),
    'with a checksum': row((scores) => scores.checksummedTypes),
  });
  console.table(
    Object.fromEntries(
      contenders.map(({ name, scores, timings }) => [
        name,
        {
          'harmless masked': percent(scores.harmlessMasked),
          'beside PII': percent(scores.harmlessBesideMasked),
          ...Object.fromEntries(
            [...timings].flatMap(([length, ms]) => {
              const { p50, p99 } = timesOf(ms);
              return [
                [`${length} p50, ms`, round(p50)],
                [`${length} p99, ms`, round(p99)],
              ];
            }),
          ),
          'KB/s': Math.round(50_000 / timesOf(timings.get('50000') ?? []).p50),
        },
      ]),
    ),
  );
}

/** What the platform promises, of the first two contenders. */
function aims(contenders: readonly Contender[]) {
  const [patterns, withNames] = contenders as readonly [Contender, Contender];
  const p50 = ({ timings }: Contender, length: string): number => timesOf(timings.get(length) ?? []).p50;
  const growth = (of: Contender): number => p50(of, '500000') / p50(of, '50000') / 10;
  return [
    atMost('pattern types left unmasked ≤ 3 %', patterns.scores.patternTypes.unmasked, 0.03),
    atMost('checksummed types left unmasked ≤ 1 %', patterns.scores.checksummedTypes.unmasked, 0.01),
    atMost('harmless masked by patterns ≤ 1 %', patterns.scores.harmlessMasked, 0.01),
    atMost('harmless masked with names ≤ 3 %', withNames.scores.harmlessMasked, 0.03),
    atMost('persons: F1 ≥ 0.65', -(withNames.scores.types['PERSON']?.f1 ?? 0), -0.65),
    atMost('patterns: 500 characters ≤ 1 ms', p50(patterns, '500'), 1),
    atMost('patterns: 50 KB ≤ 100 ms', p50(patterns, '50000'), 100),
    atMost('with names: 500 characters ≤ 12 ms', p50(withNames, '500'), 12),
    atMost('patterns: ten times the text, at most 1.5 times ten times as long', growth(patterns), 1.5),
    atMost('with names: ten times the text, at most 1.5 times ten times as long', growth(withNames), 1.5),
  ];
}

function toJson({ name, scores, timings }: Contender): object {
  return {
    name,
    scores,
    timings: Object.fromEntries([...timings].map(([length, ms]) => [length, timesOf(ms)])),
  };
}

const atMost = (name: string, value: number, most: number) => ({
  name,
  value: round(value, 4),
  isMet: value <= most,
});

const brief = (of: TypeScore | undefined): string =>
  of === undefined
    ? '–'
    : `${[of.precision, of.recall, of.f1].map((each) => each.toFixed(2)).join(' / ')}, ${percent(of.unmasked)}`;
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

if (values.help) process.stdout.write(usage);
else await main();
