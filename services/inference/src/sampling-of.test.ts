import { describe, expect, it } from 'vitest';
import { samplingOf } from './sampling-of.ts';

const parameters = {
  max_tokens: 16,
  temperature: 0.5,
  top_k: 3,
  top_p: 0.9,
  seed: 7,
  min_p: 0.1,
  repetition_penalty: 1.2,
  presence_penalty: -1,
  frequency_penalty: 1,
  n: 2,
  logprobs: null,
};

describe('samplingOf', () => {
  it('hands every parameter to the engine', () => {
    const content = { logit_bias: { 5: -100, 99: 1.5 } };
    expect(samplingOf({ ...parameters, logprobs: 0 }, content, 100)).toEqual({
      temperature: 0.5,
      topK: 3,
      topP: 0.9,
      minP: 0.1,
      repetitionPenalty: 1.2,
      presencePenalty: -1,
      frequencyPenalty: 1,
      logitBias: new Map([
        [5, -100],
        [99, 1.5],
      ]),
      logprobs: 0,
    });
    expect(samplingOf(parameters, {}, 100)).toMatchObject({ logprobs: undefined, logitBias: new Map() });
  });

  it('refuses a token that the model does not have, without naming it', () => {
    expect(() => samplingOf(parameters, { logit_bias: { 777: 1 } }, 100)).toThrow(
      expect.objectContaining({
        code: 'invalid_value',
        param: 'logit_bias',
        message: expect.stringMatching(/^(?!.*777).*from 0 to 99$/u) as string,
      }),
    );
  });
});
