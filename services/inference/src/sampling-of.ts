import type { Parameters } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import type { Sampling } from './engine/neutral-sampling.ts';

/**
 * How the tokens of an answer are drawn, in the terms of the engine.
 *
 * @throws `invalid_value` for a bias of a token that the model does not have
 */
export function samplingOf(
  parameters: Parameters,
  { logit_bias = {} }: Pick<RequestContent, 'logit_bias'>,
  vocabularySize: number,
): Sampling {
  return {
    temperature: parameters.temperature,
    minP: parameters.min_p,
    topK: parameters.top_k,
    topP: parameters.top_p,
    repetitionPenalty: parameters.repetition_penalty,
    presencePenalty: parameters.presence_penalty,
    frequencyPenalty: parameters.frequency_penalty,
    logitBias: biasesOf(logit_bias, vocabularySize),
    logprobs: parameters.logprobs ?? undefined,
  };
}

/** The message does not say which token: ids of tokens are content. */
function biasesOf(
  biases: Readonly<Record<string, number>>,
  vocabularySize: number,
): ReadonlyMap<number, number> {
  const byToken = new Map(Object.entries(biases).map(([token, bias]) => [Number(token), bias]));
  for (const token of byToken.keys()) {
    if (Number.isInteger(token) && token >= 0 && token < vocabularySize) continue;
    throw new MillraceError(
      'invalid_value',
      `logit_bias has a token id that the model does not know: its ids are whole numbers from 0 to ${vocabularySize - 1}`,
      { param: 'logit_bias' },
    );
  }
  return byToken;
}
