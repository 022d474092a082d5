import type { Finished, Timings, Usage } from '@millrace/contracts';
import type { MillraceError } from '@millrace/runtime';
import type { AnswerDigest, RequestEvent, ResultLog } from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';
import { generateChoices } from './choices.ts';
import type { ChoiceEnd, CommonGeneration } from './choice.ts';
import { createChunkWriter, type ChunkWriter } from './chunk-writer.ts';
import type { Interruption } from './interruption.ts';
import type { InferenceContext } from './on-request-scrubbed.ts';
import { mainReason, outcomeOf } from './outcome-of.ts';
import type { TakenUp } from './take-up.ts';

export interface AnswerRequest {
  readonly context: InferenceContext;
  readonly event: RequestEvent;
  readonly log: ResultLog;
  readonly box: SealingBox;
  readonly interruption: Interruption;
  readonly takenUp: TakenUp;
  /** How many choices the answer has. */
  readonly choices: number;
  readonly generation: CommonGeneration;
}

/** How a generation ended, all of it published. */
export interface Answer {
  readonly outcome: Finished['outcome'];
  readonly finishReason: string;
  /** By choice; empty where there is only one. */
  readonly finishReasons: readonly string[];
  readonly failure: MillraceError | undefined;
  readonly usage: Usage;
  readonly timings: Timings;
  readonly digest: AnswerDigest;
}

/**
 * Runs the engine and publishes what it says.
 *
 * @throws when the work has to be done again by this or another worker: `fenced`, `unavailable`, `engine_failed`
 */
export async function answer(request: AnswerRequest): Promise<Answer> {
  const { context, event, box, log, interruption, takenUp, choices } = request;
  const { clock } = context;
  const startedAt = clock.now();
  const writer = createChunkWriter({
    log,
    box,
    clock,
    request: event,
    attempt: takenUp.attempt,
    firstPositions: takenUp.published.choices.map(({ tokens }) => tokens.length),
    onFailure: (error) => interruption.fail(error),
  });
  const ends = await generateChoices(request, writer);
  await writer.flush();
  const reasons = ends.map(({ finishReason }) => finishReason);
  const { outcome, failure } = outcomeOf(reasons, interruption);
  const digests = ends.map(({ text }) => text.digest());
  return {
    outcome,
    finishReason: mainReason(reasons),
    finishReasons: choices > 1 ? reasons : [],
    failure,
    usage: usageOf(request, ends, writer),
    timings: timingsOf(request, ends, writer, startedAt),
    digest: choices === 1 ? (digests[0] ?? '') : digests,
  };
}

/** The choice whose prompt was prefilled, if any had to be: the others found it in the prefix cache. */
function leaderOf(ends: readonly ChoiceEnd[]): ChoiceEnd['finished'] {
  return ends.find(({ finished }) => finished !== undefined)?.finished;
}

function usageOf(
  { event, generation }: AnswerRequest,
  ends: readonly ChoiceEnd[],
  writer: ChunkWriter,
): Usage {
  return {
    input_tokens: generation.promptTokens.length,
    cached_input_tokens: leaderOf(ends)?.cachedTokens ?? 0,
    output_tokens: writer.position,
    characters_in: event.characters_in,
    characters_out: ends.reduce((sum, { text }) => sum + text.length, 0),
    source: 'ENGINE',
  };
}

function timingsOf(
  { context, event, takenUp }: AnswerRequest,
  ends: readonly ChoiceEnd[],
  { firstStoredAt }: ChunkWriter,
  startedAt: number,
): Timings {
  const leader = leaderOf(ends)?.timings;
  const firstAt = takenUp.published.firstAt ?? firstStoredAt;
  return {
    queue_ms: Math.max(0, startedAt - event.received_at) + (leader?.queueMs ?? 0),
    prefill_ms: leader?.prefillMs ?? 0,
    time_to_first_token_ms: firstAt === undefined ? null : Math.max(0, firstAt - event.received_at),
    total_ms: Math.max(0, context.clock.now() - event.received_at),
  };
}
