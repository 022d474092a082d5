import type { AnswerRecorder } from '@millrace/answer-cache';
import type { Finished, Timings, Usage } from '@millrace/contracts';
import type { MillraceError } from '@millrace/runtime';
import {
  type AnswerDigest,
  type ChunkWriter,
  createChunkWriter,
  type Interruption,
  type RequestEvent,
  type ResultLog,
  servedBy,
} from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';
import type { ChoiceEnd } from './choice-end.ts';
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
  /** Takes down what is published, where the answer may be given again. */
  readonly recorder?: AnswerRecorder | undefined;
}

/** Brings all choices of an answer to their ends, and hands what they say to the writer. */
export type AnswerWork = (request: AnswerRequest, writer: ChunkWriter) => Promise<readonly ChoiceEnd[]>;

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
 * Does the work and publishes what comes of it.
 *
 * @throws when the work has to be done again by this or another worker: `fenced`, `unavailable`, `engine_failed`
 */
export async function answer(request: AnswerRequest, work: AnswerWork): Promise<Answer> {
  const { context, event, box, log, interruption, takenUp, recorder } = request;
  const { clock } = context;
  const startedAt = clock.now();
  const writer = createChunkWriter({
    log,
    box,
    clock,
    request: event,
    attempt: takenUp.attempt,
    servedBy: servedBy({ event, model: context.model.name }),
    firstPositions: takenUp.published.choices.map(({ tokens }) => tokens.length),
    onStored: (choice, content) => recorder?.add(choice, content),
    onFailure: (error) => interruption.fail(error),
  });
  const ends = await work(request, writer);
  await writer.flush();
  const reasons = ends.map(({ finishReason }) => finishReason);
  const { outcome, failure } = outcomeOf(reasons, interruption);
  const digests = ends.map(({ text }) => text.digest());
  return {
    outcome,
    finishReason: mainReason(reasons),
    finishReasons: ends.length > 1 ? reasons : [],
    failure,
    usage: usageOf(event, ends, writer),
    timings: timingsOf(request, ends, writer, startedAt),
    digest: ends.length === 1 ? (digests[0] ?? '') : digests,
  };
}

function usageOf({ characters_in }: RequestEvent, ends: readonly ChoiceEnd[], writer: ChunkWriter): Usage {
  const total = (count: (end: ChoiceEnd) => number): number => ends.reduce((sum, end) => sum + count(end), 0);
  return {
    input_tokens: total(({ inputTokens }) => inputTokens),
    cached_input_tokens: total(({ cachedTokens }) => cachedTokens),
    output_tokens: writer.position,
    characters_in,
    characters_out: total(({ text }) => text.length),
    source: 'ENGINE',
  };
}

/** Queue and prompt are those of the first choice that this attempt worked on. */
function timingsOf(
  { context, event, takenUp }: AnswerRequest,
  ends: readonly ChoiceEnd[],
  { firstStoredAt }: ChunkWriter,
  startedAt: number,
): Timings {
  const first = ends.find((end) => end.timings !== undefined)?.timings;
  const firstAt = takenUp.published.firstAt ?? firstStoredAt;
  return {
    queue_ms: Math.max(0, startedAt - event.received_at) + (first?.queueMs ?? 0),
    prefill_ms: first?.prefillMs ?? 0,
    time_to_first_token_ms: firstAt === undefined ? null : Math.max(0, firstAt - event.received_at),
    total_ms: Math.max(0, context.clock.now() - event.received_at),
  };
}
