import { createAnalyzer, piecesIn, type Entity } from '@millrace/pii-detectors/entities';
import { classifyTexts, foundBy } from '@millrace/pii-detectors/names';
import { loadNameModel } from '@millrace/pii-model/load';
import type { GoldText, Span } from './gold.ts';
import type { Sample } from './samples.ts';

export interface ModelRun {
  readonly found: ReadonlyMap<string, readonly Span[]>;
  readonly timings: ReadonlyMap<string, readonly number[]>;
}

/** A model need not be as fast as rules are: of its times few rounds tell enough. */
const mostRounds = 3;
/** Samples that are longer would take minutes. */
const longestSample = 50_000;

/** Patterns, with the names that a model finds. @throws `part_missing`, `model_invalid` */
export async function runModel(
  folder: string,
  threads: number,
  gold: readonly GoldText[],
  samples: readonly Sample[],
): Promise<ModelRun> {
  const model = await loadNameModel(folder, threads);
  const { signal } = new AbortController();
  const analyze = async (text: string): Promise<readonly Entity[]> => {
    const classified = await classifyTexts(model, piecesIn(text), signal);
    return createAnalyzer({ classified: foundBy(classified) })(text);
  };
  try {
    const found = new Map<string, readonly Span[]>();
    for (const { id, text } of gold) found.set(id, await analyze(text));
    const timings = new Map<string, number[]>();
    for (const { name, text, rounds } of samples) {
      if (text.length > longestSample) continue;
      const ms = timings.get(name) ?? [];
      timings.set(name, ms);
      for (let round = 0; round < Math.min(rounds, mostRounds); round += 1) {
        const before = performance.now();
        await analyze(text);
        ms.push(performance.now() - before);
      }
    }
    return { found, timings };
  } finally {
    await model.stop();
  }
}
