import { CollectedChoices, withFieldName, type Asked } from '@millrace/endpoints';
import { requireTrainingAllowed, type ConsentedAnswer } from '@millrace/personal-data';
import type { GatewayPrincipal, Relay, RelayCompleted, RelayEvent } from '@millrace/relay';
import { madeAt, MillraceError, type ErrorCode, type Logger, type RandomSource } from '@millrace/runtime';

/** What became of a request. */
export type Outcome =
  /** `answer` is undefined where it was cancelled before there was any. */
  | {
      readonly kind: 'answered';
      readonly requestId: string;
      readonly answer: object | undefined;
      readonly end: Pick<RelayCompleted, 'cost' | 'cache'>;
      readonly outputTokens: number;
      readonly isCancelled: boolean;
    }
  | { readonly kind: 'failed'; readonly requestId: string | undefined; readonly error: MillraceError }
  /** It can be tried again. */
  | {
      readonly kind: 'postponed';
      readonly error: MillraceError;
      readonly afterMs: number;
      /** Whether the next attempt is another request. */
      readonly isAttemptOver: boolean;
      /** Whether it was begun and broke off, which is not tried for ever. */
      readonly isFailure: boolean;
    }
  /** This runner stops, or has lost it to another; the request runs on. */
  | { readonly kind: 'interrupted' };

export interface RequestToRun {
  readonly asked: Pick<Asked, 'generation' | 'answer' | 'nameOf' | 'isConsented'>;
  readonly principal: GatewayPrincipal;
  /** The same for the same attempt, so that it is done once whoever does it. */
  readonly idempotencyKey: string;
  /** Attempts so far that were begun and broke off. */
  readonly failures: number;
  /** Aborted when this runner is to leave it. */
  readonly leave: AbortSignal;
  /** Aborted when the request is to be cancelled. */
  readonly cancelled: AbortSignal;
  readonly onSubmitted?: (requestId: string) => Promise<void>;
}

export interface RunRequestDependencies {
  readonly relay: Pick<Relay, 'submit' | 'follow' | 'cancel' | 'cancelKeyed' | 'policies'>;
  /** Keeps what a client has released for training. Never throws. */
  readonly keepConsented: (answer: ConsentedAnswer) => Promise<void>;
  readonly random: RandomSource;
  readonly logger: Logger;
  /** Attempts that broke off, after which it fails. */
  readonly maxAttempts: number;
}

/** Refusals before anything was done: they cost nothing and pass. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'rate_limit_exceeded',
  'too_many_in_flight',
  'overloaded',
  'unavailable',
  'pii_unavailable',
]);

const firstPauseMs = 500;
const longestPauseMs = 60_000;

/** Runs a request to its end, or takes up one that runs. Never throws. */
export async function runRequest(
  dependencies: RunRequestDependencies,
  request: RequestToRun,
): Promise<Outcome> {
  const outcome = await attempt(dependencies, request);
  const { nameOf } = request.asked;
  if (outcome.kind !== 'failed' || nameOf === undefined) return outcome;
  return { ...outcome, error: MillraceError.from(withFieldName(outcome.error, nameOf)) };
}

async function attempt(dependencies: RunRequestDependencies, request: RequestToRun): Promise<Outcome> {
  const { relay } = dependencies;
  const { asked, principal, idempotencyKey, leave } = request;
  let requestId: string | undefined;
  try {
    leave.throwIfAborted();
    const { generation } = asked;
    if (asked.isConsented === true) requireTrainingAllowed(relay.policies, principal.tenant);
    ({ requestId } = await relay.submit({ principal, transport: 'HTTP', generation, idempotencyKey }));
    await request.onSubmitted?.(requestId);
    return await follow(dependencies, request, requestId);
  } catch (cause) {
    if (leave.aborted) return { kind: 'interrupted' };
    const error = MillraceError.from(cause);
    if (requestId === undefined && error.retryable)
      return postponed(dependencies, request, error, { isAttemptOver: false, isFailure: false });
    if (requestId === undefined && !beyondRepair.has(error.code)) return { kind: 'failed', requestId, error };
    return brokenOff(dependencies, request, requestId, error);
  }
}

/** What an attempt that was there before says when it cannot be taken up any more: its results are gone, or it was another. */
const beyondRepair: ReadonlySet<ErrorCode> = new Set(['request_not_found', 'idempotency_key_reused']);

function brokenOff(
  dependencies: RunRequestDependencies,
  request: RequestToRun,
  requestId: string | undefined,
  error: MillraceError,
): Outcome {
  if (request.failures + 1 >= dependencies.maxAttempts) return { kind: 'failed', requestId, error };
  return postponed(dependencies, request, error, { isAttemptOver: true, isFailure: true });
}

async function follow(
  dependencies: RunRequestDependencies,
  request: RequestToRun,
  requestId: string,
): Promise<Outcome> {
  const { relay, logger } = dependencies;
  const { asked, principal, leave, cancelled } = request;
  const cancel = (): void => {
    relay.cancel(requestId, principal).catch((error: unknown) => {
      logger.warn({ error, requestId }, 'the request of a job could not be cancelled');
    });
  };
  if (cancelled.aborted) cancel();
  cancelled.addEventListener('abort', cancel, { once: true });
  try {
    const collected = new CollectedChoices();
    for await (const event of relay.follow(requestId, { principal, signal: leave })) {
      if (event.type === 'chunk') collected.add(event);
      else if (event.type === 'completed') {
        if (asked.isConsented === true)
          await dependencies.keepConsented(consentedOf(request, requestId, collected, event));
        return answered(asked, collected, requestId, event);
      } else return failed(dependencies, request, requestId, event);
    }
    throw new Error('an answer ended without an end');
  } finally {
    cancelled.removeEventListener('abort', cancel);
  }
}

function consentedOf(
  { asked, principal }: RequestToRun,
  requestId: string,
  collected: CollectedChoices,
  { model, finishReason, finishReasons }: RelayCompleted,
): ConsentedAnswer {
  const { tenant, key_id: keyId, user_id: user } = principal;
  const { text, toolCalls } = collected.choice(0);
  return {
    tenant,
    keyId,
    user,
    requestId,
    model: model ?? '',
    content: asked.generation.content,
    text,
    toolCalls,
    finishReason: finishReasons?.[0] ?? finishReason,
  };
}

function answered(
  asked: RequestToRun['asked'],
  collected: CollectedChoices,
  requestId: string,
  end: RelayCompleted,
): Outcome {
  const isCancelled = end.finishReason === 'cancelled';
  const outputTokens = end.usage.output_tokens;
  try {
    const start = { requestId, model: end.model ?? '', acceptedAt: madeAt(requestId) };
    const answer = asked.answer(collected, start, end);
    return { kind: 'answered', requestId, answer, end, outputTokens, isCancelled };
  } catch (error) {
    if (!isCancelled) return { kind: 'failed', requestId, error: MillraceError.from(error) };
    return { kind: 'answered', requestId, answer: undefined, end, outputTokens, isCancelled };
  }
}

function failed(
  dependencies: RunRequestDependencies,
  request: RequestToRun,
  requestId: string,
  { error }: Extract<RelayEvent, { type: 'failed' }>,
): Outcome {
  if (!error.retryable) return { kind: 'failed', requestId, error };
  if (!passing.has(error.code)) return brokenOff(dependencies, request, requestId, error);
  return postponed(dependencies, request, error, { isAttemptOver: true, isFailure: false });
}

/** Pauses double with each attempt that broke off, and are not all the same. */
function postponed(
  { random }: RunRequestDependencies,
  { failures }: RequestToRun,
  error: MillraceError,
  again: { readonly isAttemptOver: boolean; readonly isFailure: boolean },
): Outcome {
  const boundMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
  const afterMs = (error.retryAfterMs ?? 0) + boundMs * (0.5 + random.unit() / 2);
  return { kind: 'postponed', error, afterMs, ...again };
}
