import { traceHeaders, type Delivery } from '@millrace/bus';
import { CollectedChoices, withFieldName } from '@millrace/endpoints';
import type { GatewayPrincipal, Relay, RelayFailed } from '@millrace/relay';
import { madeAt, MillraceError, type ErrorCode } from '@millrace/runtime';
import { keepAlive, type StageDependencies } from '@millrace/stage';
import { wholeResults } from './answer-results.ts';
import { createAnswerWriter, type AnswerState, type AnswerWriter } from './answer-writer.ts';
import { idOfMessage, messageOf, type IntakeMessage } from './intake-message.ts';
import type { IntakeMetrics, IntakeOutcome } from './intake-metrics.ts';
import type { IntakeSettings } from './intake-settings.ts';
import type { IntakeTenants } from './intake-tenants.ts';
import type { QueuePace } from './queue-pace.ts';
import type { AnswerAddress, IntakeAsked, ReadIntake } from './read-intake.ts';
import { rejectMessage } from './reject-message.ts';

export interface AnswerIntakeDependencies extends StageDependencies {
  readonly relay: Pick<Relay, 'submit' | 'follow' | 'policies'>;
  readonly tenants: IntakeTenants;
  readonly read: (message: IntakeMessage) => ReadIntake;
  readonly intakeMetrics: IntakeMetrics;
  readonly settings: Pick<IntakeSettings, 'intakeMaxWaitMs' | 'intakeAttempts'> & {
    readonly ackWaitMs: number;
  };
}

/** Refusals before anything was done: they cost nothing and pass. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'rate_limit_exceeded',
  'too_many_in_flight',
  'overloaded',
  'unavailable',
  'pii_unavailable',
]);

/** What is waited for at least where a refusal does not say when it passes. */
const leastPauseMs = 500;

/** A message that is being answered. */
interface Taken {
  readonly delivery: Delivery;
  readonly message: IntakeMessage;
  readonly pace: QueuePace;
  readonly writer: AnswerWriter;
  readonly state: AnswerState;
  /** It expires then, in milliseconds since the epoch. */
  readonly deadlineAt: number;
}

/**
 * Answers one message of a queue: when it returns, the end of the answer is stored and the message may go. Whoever takes it up after a
 * crash follows the request that is there, and goes on behind the last chunk that is stored.
 *
 * @throws a retryable error where it has to wait; `fenced` where somebody else answers it; the signal's reason
 */
export async function answerIntake(
  dependencies: AnswerIntakeDependencies,
  delivery: Delivery,
  pace: QueuePace,
): Promise<void> {
  const { clock, intakeMetrics, settings } = dependencies;
  const message = messageOf(delivery);
  intakeMetrics.taken(message.transport);
  intakeMetrics.inFlight(1);
  const alive = keepAlive(clock, delivery, settings.ackWaitMs, () => clock.now());
  try {
    const outcome = await answer(dependencies, delivery, message, pace);
    if (outcome !== undefined)
      intakeMetrics.left(message.transport, outcome, (clock.now() - message.timeMs) / 1_000);
  } finally {
    await alive.stop();
    intakeMetrics.inFlight(-1);
  }
}

/** @returns how it left the queue; undefined where somebody else has answered it */
async function answer(
  dependencies: AnswerIntakeDependencies,
  delivery: Delivery,
  message: IntakeMessage,
  pace: QueuePace,
): Promise<IntakeOutcome | undefined> {
  const { relay, clock, settings } = dependencies;
  const { address, asked, error } = dependencies.read(message);
  const { zeroRetention } = relay.policies.of(message.tenant);
  const writer = createAnswerWriter(dependencies, message, address, zeroRetention);
  const isNew = delivery.deliveryCount === 1 && message.transport === 'NATS';
  const state = isNew ? { number: 0, isEnded: false } : await writer.resume();
  if (state.isEnded) return undefined;
  const principal = await dependencies.tenants.principalOf(message.tenant, message.queue);
  if (principal === undefined) {
    const unknown = new MillraceError('permission_denied', `There is no tenant ${message.tenant}.`);
    return await reject(dependencies, delivery, message, address, unknown, false);
  }
  if (asked === undefined) return await reject(dependencies, delivery, message, address, error, true);
  const deadlineAt = Math.min(asked.deadlineAt ?? Infinity, delivery.storedAt + settings.intakeMaxWaitMs);
  if (deadlineAt <= clock.now()) return await expire(writer);
  return await ask(dependencies, { delivery, message, pace, writer, state, deadlineAt }, asked, principal);
}

async function ask(
  dependencies: AnswerIntakeDependencies,
  taken: Taken,
  asked: IntakeAsked,
  principal: GatewayPrincipal,
): Promise<IntakeOutcome> {
  const { relay } = dependencies;
  const { delivery, message, deadlineAt } = taken;
  let accepted;
  try {
    accepted = await relay.submit({
      principal,
      transport: message.transport,
      generation: asked.generation,
      idempotencyKey: asked.idempotencyKey,
      trace: traceHeaders.read(message.headers),
      deadlineAt,
      replayOf: asked.replayOf ?? undefined,
      named: {
        idOf: (round) => idOfMessage(message, round),
        isNew: delivery.deliveryCount === 1 && message.transport === 'NATS',
      },
    });
  } catch (cause) {
    const error = MillraceError.from(withFieldName(cause, asked.nameOf));
    if (error.retryable) return await postponeOrFail(dependencies, taken, undefined, error);
    if (error.code === 'request_not_found') return await fail(taken, undefined, error);
    return await reject(dependencies, delivery, message, asked, error, true);
  }
  return await follow(dependencies, taken, asked, principal, accepted);
}

async function follow(
  dependencies: AnswerIntakeDependencies,
  taken: Taken,
  asked: IntakeAsked,
  principal: GatewayPrincipal,
  { requestId, model }: { readonly requestId: string; readonly model: string },
): Promise<IntakeOutcome> {
  const { relay } = dependencies;
  const { delivery, writer, state, pace } = taken;
  const inChunks = asked.form === 'chunks';
  const collected = new CollectedChoices();
  const after = inChunks ? state.number : 0;
  try {
    for await (const event of relay.follow(requestId, { principal, after, signal: delivery.signal })) {
      if (event.type === 'failed') return await failed(dependencies, taken, asked, requestId, event);
      if (event.type === 'chunk') {
        if (inChunks) await writer.chunk(requestId, event);
        else collected.add(event);
        continue;
      }
      const start = { requestId, model, acceptedAt: madeAt(requestId) };
      const results = inChunks ? undefined : wholeResults(asked, collected, start, event);
      await writer.complete(requestId, event, results);
      pace.answered();
      return 'answered';
    }
  } catch (cause) {
    const error = MillraceError.from(cause);
    if (delivery.signal.aborted || error.code === 'fenced' || error.code === 'unavailable') throw cause;
    if (error.retryable) return await postponeOrFail(dependencies, taken, requestId, error);
    return await fail(taken, requestId, error);
  }
  throw new Error('an answer ended without an end');
}

/** The request ended without a whole answer. */
async function failed(
  dependencies: AnswerIntakeDependencies,
  taken: Taken,
  asked: IntakeAsked,
  requestId: string,
  { error: cause, usage, seq, outcome }: RelayFailed,
): Promise<IntakeOutcome> {
  const error = MillraceError.from(withFieldName(cause, asked.nameOf));
  // Who has pieces of it cannot be given others.
  const isBegun = asked.form === 'chunks' && seq > 0;
  if (error.retryable && !isBegun && outcome !== 'EXPIRED')
    return await postponeOrFail(dependencies, taken, requestId, error, usage);
  await taken.writer.fail(requestId, error, usage);
  return outcome === 'EXPIRED' ? 'expired' : 'failed';
}

/**
 * Leaves a request in its queue that may succeed later, unless it is to be over by then, or was tried often enough.
 *
 * @throws the error, which hands the message back
 */
async function postponeOrFail(
  { clock, settings, intakeMetrics }: AnswerIntakeDependencies,
  taken: Taken,
  requestId: string | undefined,
  error: MillraceError,
  usage?: RelayFailed['usage'],
): Promise<IntakeOutcome> {
  const { delivery, deadlineAt, pace } = taken;
  const afterMs = Math.max(leastPauseMs, error.retryAfterMs ?? 0);
  const isPassing = passing.has(error.code);
  const isLast = !isPassing && delivery.deliveryCount >= settings.intakeAttempts;
  if (isLast || clock.now() + afterMs >= deadlineAt) return await fail(taken, requestId, error, usage);
  if (isPassing) pace.refused(afterMs);
  intakeMetrics.postponed(error.code);
  const { code, message, param } = error;
  throw new MillraceError(code, message, { param, retryable: true, retryAfterMs: afterMs, cause: error });
}

async function fail(
  { writer }: Pick<Taken, 'writer'>,
  requestId: string | undefined,
  error: MillraceError,
  usage?: RelayFailed['usage'],
): Promise<IntakeOutcome> {
  await writer.fail(requestId, error, usage);
  return 'failed';
}

async function expire(writer: AnswerWriter): Promise<IntakeOutcome> {
  const error = new MillraceError('deadline_exceeded', 'The request reached its deadline in the queue.', {
    retryable: false,
  });
  await writer.fail(undefined, error);
  return 'expired';
}

async function reject(
  dependencies: AnswerIntakeDependencies,
  delivery: Delivery,
  message: IntakeMessage,
  address: AnswerAddress,
  error: MillraceError,
  isTenantKnown: boolean,
): Promise<IntakeOutcome> {
  const { policies } = dependencies.relay;
  await rejectMessage(
    { ...dependencies, policies },
    { message, address, found: delivery, isTenantKnown },
    error,
  );
  return 'rejected';
}
