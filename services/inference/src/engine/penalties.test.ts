import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neutralSampling } from './neutral-sampling.ts';
import { Penalties, type PenaltyOptions } from './penalties.ts';

function penaltiesOf(
  changes: Partial<PenaltyOptions>,
  prompt: number[] = [],
  answer: number[] = [],
): Penalties {
  const penalties = new Penalties({ ...neutralSampling, ...changes }, Int32Array.from(prompt));
  for (const token of answer) penalties.record(token);
  return penalties;
}

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const after = (penalties: Penalties, logits: number[]) => [
  ...penalties.applyToAll(Float32Array.from(logits)),
];

describe('Penalties', () => {
  it('change nothing, and remember nothing, where all are neutral', () => {
    const penalties = penaltiesOf({}, [0, 1], [1, 1]);
    const logits = Float32Array.of(1, -2, 3);
    expect(penalties.applyToAll(logits)).toBe(logits);
    expect(penalties.changesNothing).toBe(true);
  });

  it('divide positive and multiply negative logits of what prompt or answer has, however often', () => {
    const penalties = penaltiesOf({ repetitionPenalty: 2 }, [0, 1, 0], [2, 2]);
    expect(after(penalties, [4, -4, 1, 1, -1])).toEqual([2, -8, 0.5, 1, -1]);
  });

  it('take the frequency penalty for each time in the answer and the presence penalty once', () => {
    const penalties = penaltiesOf({ frequencyPenalty: 0.5, presencePenalty: 1 }, [0, 0], [1, 1, 2]);
    expect(after(penalties, [4, 4, 4, 4])).toEqual([4, 2, 2.5, 4]);
  });

  it('add the bias first', () => {
    const options = { logitBias: new Map([[0, -3]]), repetitionPenalty: 2, presencePenalty: 1 };
    expect(after(penaltiesOf(options, [], [0]), [1, 1])).toEqual([-5, 1]);
  });

  it('leave an excluded token excluded', () => {
    const options = { logitBias: new Map([[0, 100]]), repetitionPenalty: 0.01, presencePenalty: -2 };
    expect(after(penaltiesOf(options, [0], [0]), [-Infinity])).toEqual([-Infinity]);
  });

  it('never turn the order of two logits of the same token', () => {
    const logit = fc.float({ min: -200, max: 200, noNaN: true });
    const options = fc.record({
      logitBias: number(-100, 100).map((bias) => new Map([[0, bias]])),
      repetitionPenalty: number(0.01, 100),
      frequencyPenalty: number(-2, 2),
      presencePenalty: number(-2, 2),
    });
    fc.assert(
      fc.property(options, fc.nat(3), logit, logit, (chosen, count, one, other) => {
        const penalties = penaltiesOf(chosen, [0], Array(count).fill(0));
        const low = penalties.apply(0, Math.min(one, other));
        expect(low).toBeLessThanOrEqual(penalties.apply(0, Math.max(one, other)));
      }),
    );
  });
});
