import { errorCodes, MillraceError } from '@millrace/runtime';
import type { RequestContent, RequestEvent } from '@millrace/stage';
import type { ChoiceGeneration } from './choice.ts';
import type { GenerationPlan } from './choices.ts';
import type { AnswerForm } from './engine/constraint.ts';
import type { LoadedModel } from './loaded-model.ts';
import { encodePrompt } from './prompt.ts';
import { samplingOf } from './sampling-of.ts';

/**
 * What the engine is asked for, checked against what the model can do.
 *
 * @param form what the answer is bound to; undefined where it is free
 * @throws what `isRefusal` knows: the request cannot be answered by this model
 */
export function prepare(
  model: LoadedModel,
  event: RequestEvent,
  content: RequestContent,
  form: AnswerForm | undefined,
  signal: AbortSignal,
): GenerationPlan {
  const { n } = event.parameters;
  const promptTokens = encodePrompt(model.encodePrompt, content, model.engine.card.contextLength);
  const mayCall = content.tools !== undefined && content.tool_choice !== 'none';
  const generations = Array.from({ length: n }, (_, choice) => ({
    ...generationOf(model, event, content, promptTokens, choice, signal),
    form,
    toolCalls: mayCall ? model.toolCalls : undefined,
  }));
  return { model, generations, hasOnePrompt: true, atOnce: n };
}

/** One choice of an answer, whose seed is that of the request plus its index. */
export function generationOf(
  { engine }: LoadedModel,
  event: RequestEvent,
  content: RequestContent,
  promptTokens: Int32Array,
  choice: number,
  signal: AbortSignal,
): ChoiceGeneration {
  const { parameters } = event;
  const { contextLength, vocabularySize } = engine.card;
  return {
    requestId: event.request_id,
    cacheScope: event.tenant,
    priority: event.priority,
    promptTokens,
    maxTokens: Math.min(parameters.max_tokens, contextLength - promptTokens.length),
    ...samplingOf(parameters, content, vocabularySize),
    seed: BigInt(parameters.seed) + BigInt(choice),
    reproducible: parameters.seed >= 0,
    stop: content.stop,
    signal,
  };
}

/** Whether an error says that the request is at fault, so that no worker can answer it. */
export function isRefusal(error: unknown): error is MillraceError {
  return error instanceof MillraceError && errorCodes[error.code].type === 'invalid_request_error';
}
