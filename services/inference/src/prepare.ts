import { errorCodes, MillraceError } from '@millrace/runtime';
import type { RequestContent, RequestEvent } from '@millrace/stage';
import type { CommonGeneration } from './choice.ts';
import { constraintsOf } from './constrain.ts';
import type { LoadedModel } from './loaded-model.ts';
import { encodePrompt } from './prompt.ts';
import { samplingOf } from './sampling-of.ts';

/**
 * What the engine is asked for, checked against what the model can do.
 *
 * @throws what `isRefusal` knows: the request cannot be answered by this model
 */
export function prepare(
  { engine, encodePrompt: encoder }: LoadedModel,
  event: RequestEvent,
  content: RequestContent,
  signal: AbortSignal,
): CommonGeneration {
  const { parameters } = event;
  const { contextLength, vocabularySize } = engine.card;
  const promptTokens = encodePrompt(encoder, content, contextLength);
  return {
    requestId: event.request_id,
    cacheScope: event.tenant,
    priority: event.priority,
    promptTokens,
    maxTokens: Math.min(parameters.max_tokens, contextLength - promptTokens.length),
    ...samplingOf(parameters, content, vocabularySize),
    ...constraintsOf(content),
    seed: BigInt(parameters.seed),
    reproducible: parameters.seed >= 0,
    stop: content.stop,
    signal,
  };
}

/** Whether an error says that the request is at fault, so that no worker can answer it. */
export function isRefusal(error: unknown): error is MillraceError {
  return error instanceof MillraceError && errorCodes[error.code].type === 'invalid_request_error';
}
