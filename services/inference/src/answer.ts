import type { Finished, Timings, Usage } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { RequestEvent, ResultLog } from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';
import { createAnswerText } from './answer-text.ts';
import { createChunkWriter } from './chunk-writer.ts';
import type { Step } from './engine/engine.ts';
import { neutralSampling } from './engine/neutral-sampling.ts';
import type { Interruption } from './interruption.ts';
import type { InferenceContext } from './on-request-scrubbed.ts';
import type { TakenUp } from './take-up.ts';

export interface AnswerRequest {
  readonly context: InferenceContext;
  readonly event: RequestEvent;
  readonly log: ResultLog;
  readonly box: SealingBox;
  readonly interruption: Interruption;
  readonly takenUp: TakenUp;
  readonly promptTokens: Int32Array;
  readonly stop: readonly string[];
}

/** How a generation ended, all of it published. */
export interface Answer {
  readonly outcome: Finished['outcome'];
  readonly finishReason: string;
  readonly failure: MillraceError | undefined;
  readonly usage: Usage;
  readonly timings: Timings;
  /** SHA-256 of the whole answer, in hexadecimal. */
  readonly digest: string;
}

/**
 * Runs the engine and publishes what it says.
 *
 * @throws when the work has to be done again by this or another worker: `fenced`, `unavailable`, `engine_failed`
 */
export async function answer(request: AnswerRequest): Promise<Answer> {
  const { context, event, box, log, interruption, takenUp } = request;
  const { clock } = context;
  const { attempt, published } = takenUp;
  const startedAt = clock.now();
  const text = createAnswerText(published.text);
  const writer = createChunkWriter({
    log,
    box,
    clock,
    request: event,
    attempt,
    firstPosition: published.tokens.length,
    onFailure: (error) => interruption.fail(error),
  });
  const { parameters } = event;
  const steps = context.model.engine.generate({
    requestId: event.request_id,
    cacheScope: event.tenant,
    priority: event.priority,
    promptTokens: request.promptTokens,
    continuation: published.tokens,
    maxTokens: Math.min(
      parameters.max_tokens,
      context.model.engine.card.contextLength - request.promptTokens.length,
    ),
    ...neutralSampling,
    temperature: parameters.temperature,
    topK: parameters.top_k,
    topP: parameters.top_p,
    seed: BigInt(parameters.seed),
    reproducible: parameters.seed >= 0,
    stop: request.stop,
    signal: interruption.signal,
  });
  let finished: Extract<Step, { kind: 'finished' }> | undefined;
  for await (const step of steps) {
    const fresh = text.accept(step.text);
    if (step.kind === 'tokens') await writer.push(step.tokens, fresh);
    else if (fresh !== '') await writer.push([], fresh);
    if (step.kind === 'finished') finished = step;
    if (writer.firstStoredAt !== undefined) takenUp.settle();
  }
  await writer.flush();
  if (finished === undefined)
    throw new MillraceError('engine_failed', 'The engine ended without saying why.');
  const { outcome, failure } = outcomeOf(finished.reason, interruption);
  const now = clock.now();
  const firstAt = published.firstAt ?? writer.firstStoredAt;
  return {
    outcome,
    finishReason: finished.reason,
    failure,
    usage: {
      input_tokens: request.promptTokens.length,
      cached_input_tokens: finished.cachedTokens,
      output_tokens: writer.position,
      characters_in: event.characters_in,
      characters_out: text.length,
      source: 'ENGINE',
    },
    timings: {
      queue_ms: Math.max(0, startedAt - event.received_at) + finished.timings.queueMs,
      prefill_ms: finished.timings.prefillMs,
      time_to_first_token_ms: firstAt === undefined ? null : Math.max(0, firstAt - event.received_at),
      total_ms: Math.max(0, now - event.received_at),
    },
    digest: text.digest(),
  };
}

function outcomeOf(
  finishReason: string,
  interruption: Interruption,
): { readonly outcome: Finished['outcome']; readonly failure: MillraceError | undefined } {
  const { reason } = interruption;
  if (finishReason !== 'cancelled') return { outcome: 'COMPLETED', failure: undefined };
  switch (reason?.kind) {
    case 'cancelled':
      return { outcome: 'CANCELLED', failure: undefined };
    case 'expired':
      return {
        outcome: 'EXPIRED',
        failure: new MillraceError(
          'deadline_exceeded',
          'The answer was not finished before the deadline of the request.',
        ),
      };
    case 'failed':
      throw reason.error;
    case 'handed_back':
      throw new MillraceError('unavailable', 'The worker stops; another one goes on with the request.');
    case undefined:
      throw new MillraceError('engine_failed', 'The engine stopped a generation that nobody had cancelled.');
  }
}
