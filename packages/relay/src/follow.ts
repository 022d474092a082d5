import { gatewayOf, subjects, type Opened, type ResultChunk } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { cancelRequest, readResults, type StageDependencies } from '@millrace/stage';
import { contentOpener, createAnswer, type Answer } from './answer.ts';
import type { CostOf } from './answer-cost.ts';
import type { Caretaker } from './caretaker.ts';
import type { FreshRequest, FreshRequests } from './fresh-requests.ts';
import { mayAccess, requestNotFound, type GatewayPrincipal } from './gateway-principal.ts';
import type { LiveFeed, OpenQueue } from './live-feed.ts';
import { recordsOf } from './record-source.ts';
import type { RelayEvent } from './relay-event.ts';
import type { RelayMetrics } from './relay-metrics.ts';
import { openedRecord } from './request-messages.ts';

export interface FollowDependencies extends StageDependencies {
  readonly gateway: string;
  readonly feed: LiveFeed;
  readonly fresh: FreshRequests;
  readonly caretaker: Caretaker;
  readonly costOf: CostOf;
  readonly relayMetrics: RelayMetrics;
  readonly idleRecheckMs: number;
  /** Aborted, with an error for the clients, when the gateway stops. */
  readonly stopping: AbortSignal;
}

export interface FollowOptions {
  readonly principal: GatewayPrincipal;
  /** Number of the last chunk that the client has; by default 0. */
  readonly after?: number;
  readonly signal: AbortSignal;
}

export type Follow = (
  requestId: string,
  options: FollowOptions,
) => AsyncGenerator<RelayEvent, void, undefined>;

/** What is still waited for after the deadline: the reaper ends the request. */
const deadlineGraceMs = 60_000;

export const requestIdPattern = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** Serves answers, from wherever their client left off. */
export function createFollow(dependencies: FollowDependencies): Follow {
  const { bus, clock, sealing, feed, fresh, caretaker, relayMetrics } = dependencies;

  /** Where the records of a request come from, with the subscription made before anything is read. */
  const locate = async (requestId: string): Promise<{ readonly owner: string; readonly open: OpenQueue }> => {
    const last = await bus.lastMessage('RESULTS', subjects.resultsOfRequest(requestId));
    if (last === undefined) throw requestNotFound();
    const owner = gatewayOf(last.subject);
    return { owner, open: await feed.open({ gateway: owner, requestId }) };
  };

  async function* serve(
    requestId: string,
    { principal, after = 0, signal }: FollowOptions,
    open: OpenQueue,
    start: FreshRequest | undefined,
    onAuthorised: () => void,
  ): AsyncGenerator<RelayEvent, void, undefined> {
    /** The answer as its reader sees it, opened with the keys of whoever asked. */
    const answerTo = async ({ principal: asking }: Opened): Promise<Answer> => {
      const box = await sealing.forUser(principal.tenant, asking.user_id);
      return createAnswer(contentOpener(box, requestId), dependencies.costOf);
    };
    let opened: Opened | undefined = start?.request.opened;
    let answer: Answer | undefined;
    if (start !== undefined) {
      answer = await answerTo(start.request.opened);
      answer.accept(openedRecord(start.request));
      onAuthorised();
    }
    const records = recordsOf(dependencies, {
      requestId,
      queue: open.queue,
      afterSequence: start?.sequence ?? 0,
      isFresh: start !== undefined,
      idleRecheckMs: dependencies.idleRecheckMs,
      signal: AbortSignal.any([signal, dependencies.stopping]),
      onGap: () => relayMetrics.gapRead(),
      onCaughtUp() {
        if (opened === undefined) throw requestNotFound();
        if (clock.now() > opened.deadline_at + deadlineGraceMs) {
          throw new MillraceError(
            'deadline_exceeded',
            'The request is past its deadline and nothing more was heard of it.',
          );
        }
      },
    });
    for await (const record of records) {
      if (opened === undefined) {
        opened = authorise(record, principal);
        onAuthorised();
      }
      answer ??= await answerTo(opened);
      const before = answer.seq;
      const events = answer.accept(record);
      if (start !== undefined && before === 0 && answer.seq > 0) {
        relayMetrics.firstChunk(opened.transport, (clock.now() - opened.received_at) / 1_000);
      }
      refuseFuture(answer, after);
      // Nobody needs the rest of one that is not let out.
      if (answer.stopped)
        await cancelRequest(dependencies, { tenant: principal.tenant, request_id: requestId }, 'client');
      for (const event of events) if (event.type !== 'chunk' || event.seq > after) yield event;
      if (answer.ended) return;
    }
  }

  return async function* follow(requestId, options) {
    if (!requestIdPattern.test(requestId)) throw requestNotFound();
    const start = fresh.take(requestId, options.principal);
    const { owner, open } =
      start === undefined ? await locate(requestId) : { owner: start.request.gateway, open: start.open };
    relayMetrics.followers(1);
    let looksAfter = false;
    const onAuthorised = (): void => {
      looksAfter = true;
      caretaker.begin({ requestId, gateway: owner }, start === undefined);
    };
    try {
      yield* serve(requestId, options, open, start, onAuthorised);
    } catch (error) {
      throw explain(error);
    } finally {
      relayMetrics.followers(-1);
      if (looksAfter) caretaker.end(requestId);
      await open.stop();
    }
  };
}

/**
 * The gateway's own record is the first, and says whose the request is.
 *
 * @throws `request_not_found`
 */
export function authorise(record: ResultChunk, principal: GatewayPrincipal): Opened {
  if (record.opened === null || !mayAccess(principal, record.tenant, record.opened)) throw requestNotFound();
  return record.opened;
}

function refuseFuture(answer: Answer, after: number): void {
  if (!answer.ended || after <= answer.seq) return;
  throw new MillraceError(
    'invalid_value',
    `after is ${after}: the answer has ended with chunk ${answer.seq}`,
    { param: 'after' },
  );
}

/** What was shredded, or sealed under a key that is gone, is no longer there for anyone. */
function explain(error: unknown): unknown {
  if (error instanceof MillraceError && error.code === 'key_erased') return requestNotFound();
  return error;
}

/**
 * Whose a request is, by its first record.
 *
 * @throws `request_not_found` also when it is someone else's
 */
export async function requireAccess(
  dependencies: Pick<StageDependencies, 'bus' | 'codec'>,
  requestId: string,
  principal: GatewayPrincipal,
): Promise<void> {
  if (!requestIdPattern.test(requestId)) throw requestNotFound();
  for await (const { record } of readResults(dependencies, requestId)) {
    authorise(record, principal);
    return;
  }
  throw requestNotFound();
}
