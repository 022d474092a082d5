import * as fc from 'fast-check';
import { Penalties } from './penalties.ts';
import type { ReferenceInput } from './reference-sampler.ts';

/** Rows of few and many different logits, so that ties are frequent, some of them with excluded tokens. */
const row = fc
  .record({
    size: fc.integer({ min: 1, max: 300 }),
    spread: fc.double({ min: 0, max: 40, noNaN: true }),
    centre: fc.constantFrom(0, 0, -30, 30),
    grid: fc.constantFrom(1, 4, 64, 4096),
    excluded: fc.constantFrom(0, 0, 0.3, 0.95),
    seed: fc.nat(),
  })
  .map(({ size, spread, centre, grid, excluded, seed }) => {
    let state = seed;
    const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
    const logits = Float32Array.from({ length: size }, () =>
      next() < excluded ? -Infinity : centre + Math.round((next() - 0.5) * spread * grid) / grid,
    );
    if (logits.every((logit) => logit === -Infinity)) logits[seed % size] = 1;
    return logits;
  });

const samplingOptions = fc.record({
  temperature: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0.01, max: 3, noNaN: true })),
  minP: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  topK: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 320 })),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0.01, max: 1, noNaN: true })),
});
const penalty = fc.oneof(fc.constant(0), fc.double({ min: -2, max: 2, noNaN: true }));
const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** A row, all parameters, and what the generation has so far. */
export const samplerInput: fc.Arbitrary<ReferenceInput> = row.chain((logits) => {
  const token = fc.nat(logits.length - 1);
  const bias = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.double({ min: -100, max: 100, noNaN: true }));
  return fc.record({
    logits: fc.constant(logits),
    options: fc
      .record({
        sampling: samplingOptions,
        penalties: fc.record({
          repetitionPenalty: fc.oneof(fc.constant(1), fc.double({ min: 0.01, max: 4, noNaN: true })),
          presencePenalty: penalty,
          frequencyPenalty: penalty,
          logitBias: fc.array(fc.tuple(token, bias), { maxLength: 5 }).map((entries) => new Map(entries)),
        }),
      })
      .map(({ sampling, penalties }) => ({ ...sampling, ...penalties })),
    promptTokens: fc.array(token, { maxLength: 30 }),
    answerTokens: fc.array(token, { maxLength: 30 }),
    uniform,
  });
});

/** The penalties of a generation that has these tokens. */
export function penaltiesOf({
  options,
  promptTokens,
  answerTokens,
}: Pick<ReferenceInput, 'options' | 'promptTokens' | 'answerTokens'>): Penalties {
  const penalties = new Penalties(options, Int32Array.from(promptTokens));
  for (const token of answerTokens) penalties.record(token);
  return penalties;
}
