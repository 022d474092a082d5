import { describe, expect, it } from 'vitest';
import { generationOf } from './engine-fixture.ts';
import type { Generation } from './generation.ts';
import { validateGeneration } from './validate-generation.ts';

const limits = { contextLength: 128, vocabularySize: 260 };

describe('validateGeneration', () => {
  it.each<[Partial<Generation>, string, string]>([
    [{ maxTokens: 0 }, 'max_tokens', 'max_tokens is 0: it must be a whole number from 1'],
    [{ temperature: NaN }, 'temperature', 'temperature is NaN: it must be a number from 0'],
    [{ minP: 1.5 }, 'min_p', 'min_p is 1.5: it must be a number from 0 to 1'],
    [{ topK: -1 }, 'top_k', 'top_k is -1: it must be a whole number from 0'],
    [{ topP: 0 }, 'top_p', 'top_p is 0: it must be above 0 and at most 1'],
    [
      { repetitionPenalty: 0 },
      'repetition_penalty',
      'repetition_penalty is 0: it must be a number from 0.01 to 100',
    ],
    [{ presencePenalty: 3 }, 'presence_penalty', 'presence_penalty is 3: it must be a number from -2 to 2'],
    [
      { frequencyPenalty: -Infinity },
      'frequency_penalty',
      'frequency_penalty is -Infinity: it must be a number from -2 to 2',
    ],
    [
      { logitBias: new Map([[7, 101]]) },
      'logit_bias',
      'logit_bias of token 7 is 101: it must be a number from -100 to 100',
    ],
    [
      { logitBias: new Map([[260, 1]]) },
      'logit_bias',
      'logit_bias has the token 260: token ids are whole numbers from 0 to 259',
    ],
    [{ logprobs: 21 }, 'logprobs', 'logprobs is 21: it must be a whole number from 0 to 20'],
  ])('names field, value and range of %o', (changes, param, message) => {
    expect(() => validateGeneration(generationOf(changes), limits)).toThrow(
      expect.objectContaining({ code: 'invalid_value', param, message }),
    );
  });

  it('takes every value at the edge of its range', () => {
    const logitBias = new Map([
      [0, -100],
      [259, 100],
    ]);
    for (const changes of [
      { minP: 0, repetitionPenalty: 0.01, presencePenalty: -2, frequencyPenalty: -2, logprobs: 0 },
      { minP: 1, repetitionPenalty: 100, presencePenalty: 2, frequencyPenalty: 2, logprobs: 20, logitBias },
    ]) {
      expect(() => validateGeneration(generationOf(changes), limits)).not.toThrow();
    }
  });
});
