import { describe, expect, it } from 'vitest';
import { collect, fabricatedEngine, generationOf } from './engine-fixture.ts';
import { FabricatedRunner } from './fabricated-runner.ts';
import type { Candidates } from './model-runner.ts';

/** Mostly counts up to 9 and begins again: an answer that repeats itself, with an exception here and there. */
class CountingRunner extends FabricatedRunner {
  readonly kinds: string[] = [];

  override async decode(rows: Parameters<FabricatedRunner['decode']>[0]): Promise<readonly Candidates[]> {
    this.kinds.push(`decode ${rows.length}`);
    const offered = await super.decode(rows);
    return offered.map((each, row) => favour(each, rows[row]?.token ?? 0, rows[row]?.position ?? 0));
  }

  override async extend(tokens: readonly number[], start: number): Promise<readonly Candidates[]> {
    this.kinds.push(`extend ${tokens.length}`);
    const offered = await super.extend(tokens, start);
    return offered.map((each, row) => favour(each, tokens[row] ?? 0, start + row));
  }
}

function favour(candidates: Candidates, token: number, position: number): Candidates {
  const next = position % 23 === 0 ? 11 : (token + 1) % 10;
  const logits = candidates.fullLogits().fill(-20);
  logits[next] = 10;
  logits[(next + 3) % 10] = 9;
  const tokens = Int32Array.from([next, (next + 3) % 10]);
  const logSumExp = Math.fround(10 + Math.log(1 + Math.exp(-1)));
  return { tokens, logits: Float32Array.of(10, 9), logSumExp, fullLogits: () => logits };
}

const counting = (): { runner: CountingRunner; engine: ReturnType<typeof fabricatedEngine>['engine'] } => {
  const runner = new CountingRunner({ contextLength: 200 });
  return { runner, engine: fabricatedEngine({ runner }).engine };
};

describe('a lone sequence that repeats itself', () => {
  it.each([
    ['greedily', { temperature: 0 }],
    ['at random', { temperature: 1, topP: 0.99 }],
    ['with penalties', { temperature: 0.5, repetitionPenalty: 1.02, frequencyPenalty: 0.01 }],
    ['up to a stop', { temperature: 0, stop: ['字'] }],
    ['up to its context', { temperature: 0, maxTokens: 500 }],
  ])('takes several tokens in a step and answers as it does one by one: %s', async (_, changes) => {
    const generation = generationOf({ maxTokens: 90, ...changes });
    const one = counting();
    const expected = await collect(one.engine.generate({ ...generation, reproducible: true }));
    const several = counting();
    const actual = await collect(several.engine.generate(generation));
    expect(actual.tokens).toEqual(expected.tokens);
    expect(actual.text).toBe(expected.text);
    expect(actual.finished).toEqual(expected.finished);
    expect(one.runner.kinds).not.toContainEqual(expect.stringContaining('extend'));
    expect(several.runner.kinds.length).toBeLessThanOrEqual(one.runner.kinds.length);
  });

  it('needs less than half as many steps as tokens', async () => {
    const { runner, engine } = counting();
    const { tokens } = await collect(engine.generate(generationOf({ maxTokens: 90, temperature: 0 })));
    expect(tokens).toHaveLength(90);
    expect(runner.kinds.length).toBeLessThan(45);
  });

  it('goes on one by one as soon as it is not alone', async () => {
    const { runner, engine } = counting();
    const generation = generationOf({ maxTokens: 60, temperature: 0 });
    const expected = await collect(counting().engine.generate({ ...generation, reproducible: true }));
    const answers = await Promise.all([1, 2].map(() => collect(engine.generate(generation))));
    for (const { tokens } of answers) expect(tokens).toEqual(expected.tokens);
    expect(runner.kinds).toContain('decode 2');
  });
});
