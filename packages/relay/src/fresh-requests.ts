import type { Clock, Logger, Stoppable } from '@millrace/runtime';
import { mayAccess, type GatewayPrincipal } from './gateway-principal.ts';
import type { LiveFeed, OpenQueue } from './live-feed.ts';
import type { NewRequest } from './request-messages.ts';

/** A request that this process has just taken in: everything after its first record is in the queue. */
export interface FreshRequest {
  readonly request: NewRequest;
  /** Sequence of its first record. */
  readonly sequence: number;
  readonly open: OpenQueue;
}

/** Requests between `submit` and `follow`. Whoever follows at once gets the answer without a look into the stream. */
export interface FreshRequests extends Stoppable {
  /** Collects from now on. Call before the first record is published. */
  expect(request: NewRequest): Promise<ExpectedRequest>;
  /** Hands the request to its follower, if the principal may follow it. */
  take(requestId: string, principal: GatewayPrincipal): FreshRequest | undefined;
}

export interface ExpectedRequest {
  keep(sequence: number): void;
  discard(): Promise<void>;
}

/** How long a request may wait for its follower; after that it is followed from the stream. */
const patienceMs = 10_000;

export function createFreshRequests(feed: LiveFeed, clock: Clock, logger: Logger): FreshRequests {
  const waiting = new Map<string, FreshRequest & { readonly cancelTimer: () => void }>();
  return {
    async expect(request) {
      const { requestId } = request;
      const open = await feed.open(request);
      return {
        keep(sequence) {
          const timer = clock.setTimer(patienceMs, () => {
            waiting.delete(requestId);
            open
              .stop()
              .catch((error: unknown) => logger.warn({ error, requestId }, 'a queue could not be closed'));
          });
          waiting.set(requestId, { request, sequence, open, cancelTimer: () => timer.cancel() });
        },
        discard: () => open.stop(),
      };
    },
    take(requestId, principal) {
      const fresh = waiting.get(requestId);
      if (fresh === undefined) return undefined;
      const { submission, opened } = fresh.request;
      if (!mayAccess(principal, submission.principal.tenant, opened)) return undefined;
      waiting.delete(requestId);
      fresh.cancelTimer();
      return fresh;
    },
    async stop() {
      const left = [...waiting.values()];
      waiting.clear();
      for (const { cancelTimer, open } of left) {
        cancelTimer();
        await open.stop();
      }
    },
  };
}
