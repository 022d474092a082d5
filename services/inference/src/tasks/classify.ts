import { MillraceError } from '@millrace/runtime';
import type { ChunkWriter, RequestContent, RequestEvent } from '@millrace/stage';
import type { AnswerRequest } from '../answer.ts';
import { endedBefore, notBegun, type ChoiceEnd } from '../choice-end.ts';
import { eachChoice } from '../each-choice.ts';
import type { Scoring } from '../engine/scoring.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { encodeTexts, taskOf } from './encode-texts.ts';
import { labelScores } from './label-scores.ts';
import { publishWhole } from './publish-whole.ts';
import { shareOf } from './share-of.ts';

export interface Classification {
  readonly model: LoadedModel;
  readonly labels: readonly string[];
  /** How many of them are reported. */
  readonly topK: number;
  /** One for each text; its continuations are the labels. */
  readonly scorings: readonly Scoring[];
  /** Tokens of all labels, charged with each text. */
  readonly labelTokens: number;
}

/** @throws `missing_value`, `context_length_exceeded` */
export async function planClassification(
  model: LoadedModel,
  event: RequestEvent,
  content: RequestContent,
  signal: AbortSignal,
): Promise<Classification> {
  const task = taskOf(content);
  const { labels = [], top_k: topK = labels.length } = task;
  if (labels.length === 0) throw new MillraceError('missing_value', 'labels is missing', { param: 'labels' });
  const continuations = labels.map((label) => model.encodeAnswer(label.trim()));
  const lengths = continuations.map(({ length }) => length);
  const prompts = await encodeTexts(model, 'classify', task, Math.max(...lengths));
  const scorings = prompts.map((promptTokens) => ({
    requestId: event.request_id,
    cacheScope: event.tenant,
    priority: event.priority,
    promptTokens,
    continuations,
    signal,
  }));
  const labelTokens = lengths.reduce((sum, length) => sum + length, 0);
  return { model, labels, topK, scorings, labelTokens };
}

/** Scores the labels of each text, and publishes each answer as one piece of JSON. */
export async function classifyTexts(
  { model, labels, topK, scorings, labelTokens }: Classification,
  request: AnswerRequest,
  writer: ChunkWriter,
): Promise<readonly ChoiceEnd[]> {
  const { engine } = model;
  return eachChoice(request, shareOf(engine), async (choice, published) => {
    const scoring = scorings[choice];
    if (scoring === undefined) throw new Error(`There is nothing to score for choice ${choice}.`);
    const inputTokens = scoring.promptTokens.length + labelTokens;
    if (published.finishReason !== undefined) return endedBefore(published, inputTokens);
    const { reason, logprobs, cachedTokens, timings } = await engine.score(scoring);
    if (reason === 'cancelled') return notBegun(published);
    const scores = labelScores(labels, logprobs).slice(0, topK);
    return publishWhole(request, writer, choice, { labels: scores }, { inputTokens, cachedTokens, timings });
  });
}
