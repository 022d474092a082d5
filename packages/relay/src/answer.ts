import { ContentBlocked } from '@millrace/pii-policy';
import type { CacheHit, Finished, Opened, ResultChunk } from '@millrace/contracts';
import { errorCodes, MillraceError, type ErrorCode } from '@millrace/runtime';
import type { SealingBox } from '@millrace/sealing';
import { openContent, type ChunkContent, type MaskedContent } from '@millrace/stage';
import type { CostOf } from './answer-cost.ts';
import { createAnswerGuard, type AnswerGuard } from './answer-guard.ts';
import { ChoiceFold, type ChoicePiece } from './choice-fold.ts';
import type { RelayEvent, RelayFailed } from './relay-event.ts';

/** Opens what is sealed in the records of one request. */
export interface ContentOpener {
  chunk(sealed: Uint8Array): ChunkContent;
  masked(sealed: Uint8Array): MaskedContent;
}

export function contentOpener(box: SealingBox, requestId: string): ContentOpener {
  return {
    chunk: (sealed) => openContent(box, requestId, 'chunk', sealed),
    masked: (sealed) => openContent(box, requestId, 'masked', sealed),
  };
}

/**
 * The answer of one request as its client sees it: a function of the records alone. So the numbers are the same on every
 * gateway, for whoever reads from the first record on.
 */
export interface Answer {
  /** Takes the next record. @returns what the client gets for it, which may be nothing */
  accept(record: ResultChunk): readonly RelayEvent[];
  /** Number of the last chunk. */
  readonly seq: number;
  /** Whether an end was among the events. */
  readonly ended: boolean;
  /** Whether it ended since the policy of the tenant does not let it through, or it could not be looked through: nobody needs the rest. */
  readonly stopped: boolean;
}

/** @param costOf by default nothing has a price */
export function createAnswer(opener: ContentOpener, costOf: CostOf = () => undefined): Answer {
  const folds = new Map<number, ChoiceFold>();
  let masked: MaskedContent | undefined;
  let guard: AnswerGuard | undefined;
  let opened: Opened | undefined;
  let model: string | undefined;
  let cache: CacheHit | undefined;
  let seq = 0;
  let ended = false;
  let stopped = false;

  const foldOf = (choice: number): ChoiceFold => {
    guard ??= createAnswerGuard(masked);
    const fold = folds.get(choice) ?? new ChoiceFold(guard);
    folds.set(choice, fold);
    return fold;
  };

  const numbered = (choice: number, { text, logprobs, toolCalls }: ChoicePiece): readonly RelayEvent[] => {
    if (text === '' && logprobs.length === 0 && toolCalls.length === 0) return [];
    seq += 1;
    const reported = logprobs.length === 0 ? undefined : logprobs;
    const called = toolCalls.length === 0 ? undefined : toolCalls;
    const index = (opened?.choices ?? 1) > 1 ? choice : undefined;
    return [{ type: 'chunk', seq, choice: index, text, logprobs: reported, toolCalls: called, cache }];
  };

  const fail = (error: MillraceError, finished?: Finished): RelayFailed => {
    ended = true;
    return {
      type: 'failed',
      seq,
      error,
      outcome: finished?.outcome ?? 'FAILED',
      finishReason: finished?.finish_reason ?? undefined,
      usage: finished?.usage,
    };
  };

  const chunk = (record: ResultChunk): readonly RelayEvent[] => {
    if (record.content === null) return [];
    const piece = foldOf(record.choice).chunk(record, opener.chunk(record.content));
    return numbered(record.choice, piece);
  };

  const finish = (finished: Finished): readonly RelayEvent[] => {
    // First all, since one that is blocked ends the answer, and what was not shown has no number.
    const flushed = [...folds].map(([choice, fold]) => [choice, fold.flush()] as const);
    const rest = flushed.flatMap(([choice, piece]) => numbered(choice, piece));
    const isWhole = finished.outcome === 'COMPLETED' || finished.outcome === 'CANCELLED';
    if (!isWhole) return [...rest, fail(errorOf(finished), finished)];
    if (finished.outcome === 'COMPLETED' && ![...folds.values()].every((fold) => fold.complete)) {
      const error = new MillraceError(
        'engine_failed',
        'The answer was started over and ended before what had been sent.',
      );
      return [...rest, fail(error, finished)];
    }
    ended = true;
    model = finished.served_by ?? model;
    cache = finished.cache ?? undefined;
    return [
      ...rest,
      {
        type: 'completed',
        seq,
        model,
        modelVersion: finished.model_version ?? undefined,
        finishReason: finished.finish_reason ?? (finished.outcome === 'CANCELLED' ? 'cancelled' : 'stop'),
        finishReasons: finished.finish_reasons.length === 0 ? undefined : finished.finish_reasons,
        usage: finished.usage,
        timings: finished.timings,
        cache,
        cost: opened === undefined ? undefined : costOf(opened, finished),
      },
    ];
  };

  const translate = (record: ResultChunk): readonly RelayEvent[] => {
    switch (record.kind) {
      case 'OPENED':
        opened = record.opened ?? undefined;
        model = opened?.model;
        return [];
      case 'MASKED':
        if (record.content !== null) masked = opener.masked(record.content);
        return [];
      case 'REROUTED':
        model = record.served_by ?? model;
        return [];
      case 'ATTEMPT':
        model = record.served_by ?? model;
        cache = record.cache ?? undefined;
        foldOf(record.choice).begin(record.attempt, record.first_position);
        return [];
      case 'CHUNK':
        return chunk(record);
      case 'FINISHED':
        return record.finished === null ? [] : finish(record.finished);
    }
  };

  return {
    accept(record) {
      if (ended) return [];
      try {
        return translate(record);
      } catch (error) {
        if (error instanceof MillraceError && error.code === 'engine_failed') return [fail(error)];
        // What is sealed cannot be opened, or is gone.
        if (error instanceof MillraceError) throw error;
        stopped = true;
        const usage = record.finished?.usage;
        if (error instanceof ContentBlocked)
          return [{ ...fail(blockedBy(error)), outcome: 'BLOCKED', usage }];
        return [{ ...fail(unchecked(error)), usage }];
      }
    },
    get seq() {
      return seq;
    },
    get ended() {
      return ended;
    },
    get stopped() {
      return stopped;
    },
  };
}

function blockedBy({ type }: ContentBlocked): MillraceError {
  return new MillraceError(
    'content_blocked',
    `The answer has personal data of the type ${type}, which the policy of the tenant does not let through.`,
  );
}

/** A check that fails says nothing of what is in the answer, so nothing more of it is let out. */
function unchecked(cause: unknown): MillraceError {
  return new MillraceError(
    'pii_unavailable',
    'The answer could not be checked for personal data, so the rest of it is not let out.',
    { cause },
  );
}

/** What the stage that ended the request wants its client to be told. */
function errorOf({ failure, outcome }: Finished): MillraceError {
  if (failure === null) {
    return new MillraceError(
      outcome === 'EXPIRED' ? 'deadline_exceeded' : 'internal_error',
      'The request ended without an answer.',
    );
  }
  const code: ErrorCode = isErrorCode(failure.code) ? failure.code : 'internal_error';
  return new MillraceError(code, failure.message, {
    retryable: failure.retryable,
    param: failure.param ?? undefined,
    retryAfterMs: failure.retry_after_ms ?? undefined,
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
