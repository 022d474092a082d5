import type { Clock, Logger } from '@millrace/runtime';
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
export interface FreshRequests {
  /** Collects from now on. Call before the first record is published. */
  expect(request: NewRequest): Promise<ExpectedRequest>;
  /** Hands the request to its follower. */
  take(requestId: string): FreshRequest | undefined;
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
    take(requestId) {
      const fresh = waiting.get(requestId);
      waiting.delete(requestId);
      fresh?.cancelTimer();
      return fresh;
    },
  };
}
