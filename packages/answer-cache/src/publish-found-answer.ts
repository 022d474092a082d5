import type { SealingBox } from '@millrace/sealing';
import {
  decide,
  finishAndClose,
  resultRecord,
  sealContent,
  type ChunkContent,
  type RequestEvent,
  type ResultLog,
  type StageDependencies,
} from '@millrace/stage';
import type { CachedChunk, FoundAnswer } from './cached-answer.ts';

export interface FoundAnswerOptions {
  /** Name of the service that ends the request. */
  readonly stage: string;
  readonly modelName: string;
  readonly modelVersion: string;
  /** Of the request, whose log has no attempt yet. */
  readonly log: ResultLog;
  readonly box: SealingBox;
  readonly found: FoundAnswer;
}

/** The attempt that a request begins with. */
const attempt = 1;

/**
 * Answers a request with what the cache has: the same records as of an answer that is generated, so that everything behind them
 * works as ever, and the request is closed.
 *
 * @throws `fenced` when another writer has taken the log over
 */
export async function publishFoundAnswer(
  dependencies: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  event: RequestEvent,
  { stage, modelName, modelVersion, log, box, found: { answer, hit } }: FoundAnswerOptions,
): Promise<void> {
  const { clock } = dependencies;
  const startedAt = clock.now();
  const choices = Math.max(1, answer.finishReasons.length);
  for (let choice = 0; choice < choices; choice += 1)
    await log.append(resultRecord(event, { kind: 'ATTEMPT', at: clock.now(), attempt, choice, cache: hit }));
  let firstAt: number | undefined;
  const positions = Array.from({ length: choices }, () => 0);
  for (const chunk of answer.chunks) {
    const { choice, tokens } = chunk;
    const firstPosition = positions[choice] ?? 0;
    await log.append(
      resultRecord(event, {
        kind: 'CHUNK',
        at: clock.now(),
        attempt,
        choice,
        first_position: firstPosition,
        token_count: tokens.length,
        content: sealContent(box, event.request_id, 'chunk', ownContent(event.request_id, chunk)),
      }),
    );
    firstAt ??= clock.now();
    positions[choice] = firstPosition + tokens.length;
  }
  const since = (at: number): number => Math.max(0, at - event.received_at);
  await finishAndClose(dependencies, event, log, {
    outcome: 'COMPLETED',
    attempt,
    cache: hit,
    usage: { ...answer.usage, cached_input_tokens: 0, characters_in: event.characters_in },
    timings: {
      queue_ms: since(startedAt),
      prefill_ms: 0,
      time_to_first_token_ms: firstAt === undefined ? null : since(firstAt),
      total_ms: since(clock.now()),
    },
    finishReason: answer.finishReason,
    finishReasons: answer.finishReasons,
    modelVersion,
    textDigest: sealContent(box, event.request_id, 'digest', answer.digest),
    decision: decide(clock, stage, 'completed', {
      facts: {
        model: modelName,
        model_version: modelVersion,
        attempt: String(attempt),
        finish_reason: answer.finishReason,
        ...(answer.finishReasons.length > 0 ? { choices: String(answer.finishReasons.length) } : {}),
        cache: hit.kind.toLowerCase(),
        cached_from: hit.request_id,
        ...(hit.kind === 'SEMANTIC' ? { similarity: hit.similarity.toFixed(4) } : {}),
      },
    }),
  });
}

/** Calls of functions have ids of the request that they answer. */
function ownContent(requestId: string, { choice, ...content }: CachedChunk): ChunkContent {
  const { tool_calls: calls } = content;
  if (calls === undefined) return content;
  return {
    ...content,
    tool_calls: calls.map((call, index) => ({ ...call, id: `call_${requestId}_${choice}_${index}` })),
  };
}
