import { subjects } from '@millrace/contracts';
import { MillraceError, type Stoppable, type Timer } from '@millrace/runtime';
import { cancelRequest, type StageDependencies } from '@millrace/stage';

/**
 * Looks after requests whose client may be gone: who is not back within the grace period gets the request cancelled, unless
 * another gateway looks after it.
 */
export interface Caretaker extends Stoppable {
  /** A client follows the request here. `announce` when it may have been followed elsewhere before. */
  begin(request: { readonly requestId: string; readonly gateway: string }, announce: boolean): void;
  end(requestId: string): void;
  /**
   * A client is gone that has submitted the request here, or follows it; call it before `end`. Unless someone follows it then, it is
   * cancelled after the grace period. Who only asked to follow a request, and was not let, has no say in it.
   */
  abandon(request: Abandoned, graceMs: number): void;
}

export interface Abandoned {
  readonly requestId: string;
  /** Whether the client that is gone has submitted it here. */
  readonly isOwn: boolean;
}

/** `mr.gateway.<gateway>.resumed` of all gateways: a request may have been followed by any of them. */
const resumedAnywhere = 'mr.gateway.*.resumed';

export async function startCaretaker(
  dependencies: StageDependencies & { readonly gateway: string },
): Promise<Caretaker> {
  const { bus, codec, clock, logger, gateway } = dependencies;
  /** How many follow a request here. */
  const followed = new Map<string, number>();
  /** Requests that another gateway has taken over while they were followed here, on connections that may be dead. */
  const takenOver = new Set<string>();
  const timers = new Map<string, Timer>();
  const running = new Set<Promise<void>>();
  let stopped = false;

  const stopTimer = (requestId: string): void => {
    timers.get(requestId)?.cancel();
    timers.delete(requestId);
  };

  const cancelIfUnfinished = async (requestId: string): Promise<void> => {
    const last = await bus.lastMessage('RESULTS', subjects.resultsOfRequest(requestId));
    if (last === undefined) return;
    const record = codec.decode('result.chunk', last.payload);
    if (record.kind === 'FINISHED') return;
    logger.info({ requestId, tenant: record.tenant }, 'cancelled: the client did not come back');
    await cancelRequest(dependencies, record, 'disconnected');
  };

  const giveUp = (requestId: string): void => {
    timers.delete(requestId);
    if (followed.has(requestId)) return;
    const cancelling = cancelIfUnfinished(requestId)
      .catch((error: unknown) =>
        logger.error({ error, requestId }, 'an abandoned request could not be cancelled'),
      )
      .finally(() => running.delete(cancelling));
    running.add(cancelling);
  };

  const subscription = await bus.subscribe(resumedAnywhere, ({ payload }) => {
    try {
      const resumed = codec.decode('request.resumed', payload);
      if (resumed.gateway === gateway) return;
      stopTimer(resumed.request_id);
      if (followed.has(resumed.request_id)) takenOver.add(resumed.request_id);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      logger.warn({ error }, 'a message about a resumed request is corrupt');
    }
  });

  return {
    begin({ requestId, gateway: owner }, announce) {
      stopTimer(requestId);
      takenOver.delete(requestId);
      followed.set(requestId, (followed.get(requestId) ?? 0) + 1);
      if (announce) {
        bus.publishCore({
          subject: subjects.resumed(owner),
          payload: codec.encode('request.resumed', { request_id: requestId, gateway }),
        });
      }
    },
    end(requestId) {
      const left = (followed.get(requestId) ?? 1) - 1;
      if (left > 0) {
        followed.set(requestId, left);
        return;
      }
      followed.delete(requestId);
      takenOver.delete(requestId);
    },
    abandon({ requestId, isOwn }, graceMs) {
      if (!isOwn && !followed.has(requestId)) return;
      if (stopped || takenOver.has(requestId)) return;
      stopTimer(requestId);
      timers.set(
        requestId,
        clock.setTimer(graceMs, () => giveUp(requestId)),
      );
    },
    async stop() {
      stopped = true;
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
      await subscription.stop();
      await Promise.all(running);
    },
  };
}
