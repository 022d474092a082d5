import type { Generation } from './generation.ts';

/** How tokens are drawn. */
export type Sampling = Pick<
  Generation,
  | 'temperature'
  | 'minP'
  | 'topK'
  | 'topP'
  | 'repetitionPenalty'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'logitBias'
  | 'logprobs'
>;

/** Draws from the model's distribution as it is: what a request that asks for nothing else gets. */
export const neutralSampling: Sampling = Object.freeze({
  temperature: 1,
  minP: 0,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
  logprobs: undefined,
});
