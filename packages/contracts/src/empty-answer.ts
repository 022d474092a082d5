import type { AnswerGiven } from './generated/events.ts';

/** What an answer to a queue has where nothing is known of it. */
export const emptyAnswer = {
  model: null,
  model_version: null,
  results: [],
  finish_reason: null,
  usage: null,
  timings: null,
  cost: null,
  cache: null,
  failure: null,
} as const satisfies Partial<AnswerGiven>;
