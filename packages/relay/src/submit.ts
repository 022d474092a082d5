import { gatewayOf, subjects, type Finished, type ModelReady, type Opened } from '@millrace/contracts';
import type { PriceBook } from '@millrace/pricing';
import { createIdGenerator, MillraceError, type RandomSource } from '@millrace/runtime';
import { cancelRequest, type DataPolicies, type ModelTable, type StageDependencies } from '@millrace/stage';
import type { FreshRequests } from './fresh-requests.ts';
import { idempotencyScope } from './gateway-principal.ts';
import { claimIdempotencyKey, maxRounds } from './idempotency.ts';
import { limitMaxTokens } from './limit-max-tokens.ts';
import { payloadHash } from './payload-hash.ts';
import { mostInputTokens } from './most-input-tokens.ts';
import { chooseModel } from './routes/choose-model.ts';
import type { Route } from './routes/route.ts';
import {
  charactersOf,
  deadlineOf,
  openedMessage,
  openedOf,
  receivedMessage,
  type NewRequest,
} from './request-messages.ts';
import {
  idempotencyKeyParam,
  type Accepted,
  type Generation,
  type NamedRequest,
  type Submission,
} from './submission.ts';

export interface SubmitDependencies extends StageDependencies {
  readonly gateway: string;
  readonly random: RandomSource;
  readonly models: ModelTable;
  readonly routes: ReadonlyMap<string, Route>;
  readonly prices: PriceBook;
  readonly policies: Pick<DataPolicies, 'of'>;
  readonly requestTimeoutMs: number;
  /** Most tokens of each choice; undefined for as many as the context of the model has. */
  readonly maxTokens: number | undefined;
  readonly fresh: FreshRequests;
}

/** Takes requests in: both first messages are stored when it resolves. */
export function createSubmit(
  dependencies: SubmitDependencies,
): (submission: Submission) => Promise<Accepted> {
  const { bus, codec, clock, logger, random, sealing, models, gateway } = dependencies;
  const nextId = createIdGenerator(clock, random);

  /** Stores OPENED, if asked to, and request.received, in this order on the connection and at the same time. */
  const publish = async (request: NewRequest, withOpened: boolean, shared: boolean): Promise<void> => {
    const { tenant, user_id } = request.submission.principal;
    const box = await sealing.forUser(tenant, user_id);
    const received = receivedMessage({ codec, clock, random }, box, request);
    const isOwn = request.gateway === gateway || request.gateway === sharedGateway;
    const fresh = withOpened && isOwn ? await dependencies.fresh.expect(request) : undefined;
    const opening = withOpened ? openLog(request, shared) : Promise.resolve(undefined);
    const [opened, stored] = await Promise.allSettled([opening, bus.publish(received)]);
    if (stored.status === 'fulfilled' && opened.status === 'fulfilled' && opened.value !== undefined) {
      fresh?.keep(opened.value);
      return;
    }
    await fresh?.discard();
    if (stored.status === 'rejected') throw refused(stored.reason);
    if (opened.status === 'fulfilled') return;
    await withdraw(request);
    throw MillraceError.from(opened.reason, 'unavailable');
  };

  /** The request is stored, yet nobody could follow it: it is not to be worked on. */
  const withdraw = async ({ requestId, submission }: NewRequest): Promise<void> => {
    try {
      const { tenant } = submission.principal;
      await cancelRequest(dependencies, { tenant, request_id: requestId }, 'client');
    } catch (error) {
      logger.error({ error, requestId }, 'a request that was half taken in could not be cancelled');
    }
  };

  /** @returns the sequence of OPENED, or undefined where another process, which shares the request, was faster */
  const openLog = async (request: NewRequest, shared: boolean): Promise<number | undefined> => {
    try {
      return (await bus.publish(openedMessage(codec, request))).sequence;
    } catch (error) {
      if (shared && error instanceof MillraceError && error.code === 'fenced') return undefined;
      throw error;
    }
  };

  const submitOnce = async (
    asked: Omit<NewRequest, 'requestId' | 'gateway'>,
    key: string,
    hash: string,
  ): Promise<Accepted> => {
    const { submission, opened } = asked;
    const { model } = opened;
    const { tenant } = submission.principal;
    const param = idempotencyKeyParam[submission.transport];
    const box = await sealing.forTenant(tenant);
    const ownId = nextId();
    for (let round = 0; round < maxRounds; round += 1) {
      const offered = {
        requestId: submission.named?.idOf(round) ?? ownId,
        gateway,
        payloadHash: hash,
      };
      const entry = await claimIdempotencyKey(
        { bucket: bus.bucket('IDEMPOTENCY'), codec, box },
        { tenant, key, round, param, keyId: idempotencyScope(submission.principal) },
        offered,
      );
      const { requestId, gateway: owner } = entry;
      const request = { ...asked, requestId, gateway: owner };
      if (entry === offered) {
        await publish(request, true, true);
        return { requestId: entry.requestId, model, attached: false };
      }
      if (await takeUp(request, param)) return { requestId: entry.requestId, model, attached: true };
    }
    throw new MillraceError(
      'idempotency_key_reused',
      'The idempotency key has been used up by tries that failed.',
      {
        param,
      },
    );
  };

  /** @returns whether the request can be followed now; otherwise it is worth another try */
  const takeUp = async (request: NewRequest, param: string | undefined): Promise<boolean> => {
    const state = await stateOf(request);
    switch (state.kind) {
      case 'absent':
        await publish(request, true, true);
        return true;
      case 'opened':
        // The crash may have come before the request itself was stored. The server and the claim drop it if it was.
        await publish({ ...request, opened: state.opened }, false, true);
        return true;
      case 'present':
        return true;
      case 'forgotten':
        throw new MillraceError(
          'request_not_found',
          'The request has ended, and its results, kept for 15 minutes, are gone.',
          { param },
        );
      case 'worth_another_try':
        return false;
    }
  };

  const submitNamed = async (
    asked: Omit<NewRequest, 'requestId' | 'gateway'>,
    { idOf, isNew }: NamedRequest,
  ): Promise<Accepted> => {
    const { model } = asked.opened;
    for (let round = 0; round < maxRounds; round += 1) {
      const request = { ...asked, requestId: idOf(round), gateway: sharedGateway };
      if (round === 0 && isNew) {
        await publish(request, true, true);
        return { requestId: request.requestId, model, attached: false };
      }
      if (await takeUp(request, undefined)) return { requestId: request.requestId, model, attached: true };
    }
    throw new MillraceError('overloaded', 'The request was refused each time that it was tried.', {
      retryable: false,
    });
  };

  type State =
    | { readonly kind: 'absent' | 'present' | 'forgotten' | 'worth_another_try' }
    | { readonly kind: 'opened'; readonly opened: Opened };

  const stateOf = async ({ requestId, gateway: owner, submission }: NewRequest): Promise<State> => {
    const last = await bus.lastMessage('RESULTS', subjects.result(owner, requestId));
    if (last === undefined) {
      const closing = await bus.lastMessage(
        'CLOSED',
        subjects.closed(submission.principal.tenant, requestId),
      );
      if (closing === undefined) return { kind: 'absent' };
      const isFinal = endedForGood(codec.decode('request.closed', closing.payload));
      return { kind: isFinal ? 'forgotten' : 'worth_another_try' };
    }
    const record = codec.decode('result.chunk', last.payload);
    if (record.opened !== null) {
      return record.opened.deadline_at > clock.now()
        ? { kind: 'opened', opened: record.opened }
        : { kind: 'worth_another_try' };
    }
    if (record.finished === null || endedForGood(record.finished)) return { kind: 'present' };
    return { kind: 'worth_another_try' };
  };

  /** What was stored of it by whoever sent it before stays as it is, under the gateway that it was opened by. */
  const submitReplay = async (
    asked: Omit<NewRequest, 'requestId' | 'gateway'>,
    requestId: string,
  ): Promise<Accepted> => {
    const { model } = asked.opened;
    const last = await bus.lastMessage('RESULTS', subjects.resultsOfRequest(requestId));
    const request = { ...asked, requestId, gateway: last === undefined ? gateway : gatewayOf(last.subject) };
    if (last !== undefined) {
      const { opened } = codec.decode('result.chunk', last.payload);
      if (opened !== null) await publish({ ...request, opened }, false, true);
      return { requestId, model, attached: true };
    }
    const { tenant } = asked.submission.principal;
    const isClosed = (await bus.lastMessage('CLOSED', subjects.closed(tenant, requestId))) !== undefined;
    if (!isClosed) await publish(request, true, true);
    return { requestId, model, attached: isClosed };
  };

  /** The request as it is sent: to which model, with which limits. */
  const prepare = (asked: Submission, key: string): Omit<NewRequest, 'requestId' | 'gateway'> => {
    const { generation } = asked;
    const { zeroRetention } = dependencies.policies.of(asked.principal.tenant);
    const receivedAt = clock.now();
    const characters = charactersOf(generation.content);
    const limited = (model: ModelReady): Generation =>
      limitMaxTokens(generation, Math.min(model.context_length, dependencies.maxTokens ?? Infinity));
    const deadlineAt = Math.min(
      deadlineOf(generation, receivedAt, dependencies.requestTimeoutMs),
      asked.deadlineAt ?? Infinity,
    );
    const { model, fallbacks, route } = chooseModel(dependencies.routes, models, {
      name: generation.model,
      operation: generation.operation,
      characters,
      key,
      allowed: asked.principal.allowed_models,
      worstAmountWith: (candidate) =>
        dependencies.prices.worstAmountOf({
          model: candidate.name,
          fallbacks: [],
          parameters: limited(candidate).parameters,
          input_tokens_most: mostInputTokens(generation, candidate.context_length),
          characters_in: characters,
          received_at: receivedAt,
          deadline_at: deadlineAt,
        }),
    });
    const submission = { ...asked, generation: uncachedWhere(zeroRetention, limited(model)) };
    const opened = openedOf(submission, model.name, receivedAt, deadlineAt);
    const inputTokensMost = mostInputTokens(generation, model.context_length);
    return { submission, inputTokensMost, opened, fallbacks, route };
  };

  return async (asked) => {
    const { generation, idempotencyKey, replayAs } = asked;
    if (replayAs !== undefined) return submitReplay(prepare(asked, replayAs), replayAs);
    const requestId = asked.named?.idOf(0) ?? nextId();
    const request = prepare(asked, idempotencyKey ?? requestId);
    if (idempotencyKey !== undefined) return submitOnce(request, idempotencyKey, payloadHash(generation));
    if (asked.named !== undefined) return submitNamed(request, asked.named);
    await publish({ requestId, gateway, ...request }, true, false);
    return { requestId, model: request.opened.model, attached: false };
  };
}

/** In place of a gateway of its own: whose results anyone may begin to whom the request is handed. */
const sharedGateway = 'intake';

/** Of whom nothing is kept there is nothing in the cache. */
function uncachedWhere(zeroRetention: boolean, generation: Generation): Generation {
  return zeroRetention ? { ...generation, cache: 'NONE' } : generation;
}

/** Whether the same request sent again gets the same end: what was cancelled or may yet succeed is tried anew. */
function endedForGood({ outcome, failure }: Pick<Finished, 'outcome' | 'failure'>): boolean {
  if (outcome === 'COMPLETED' || outcome === 'BLOCKED') return true;
  return outcome !== 'CANCELLED' && failure !== null && !failure.retryable;
}

/** A full stage says when to come back. */
function refused(reason: unknown): MillraceError {
  const error = MillraceError.from(reason, 'unavailable');
  if (error.code !== 'overloaded' || error.retryAfterMs !== undefined) return error;
  return new MillraceError('overloaded', 'More requests are waiting than the platform takes.', {
    cause: error,
    retryAfterMs: overloadRetryMs,
  });
}

const overloadRetryMs = 1_000;
