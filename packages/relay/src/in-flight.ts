import type { VerifiedPrincipal } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';

/** Counts the requests that each API key has in flight in this process. */
export interface InFlight {
  /**
   * Takes a place for one request.
   *
   * @returns gives the place back; safe to call twice
   * @throws `too_many_in_flight`
   */
  enter(principal: VerifiedPrincipal): () => void;
}

export function createInFlight(): InFlight {
  const counts = new Map<string, number>();
  return {
    enter(principal) {
      const key = JSON.stringify([principal.tenant, principal.key_id]);
      const count = counts.get(key) ?? 0;
      if (count >= principal.max_in_flight) {
        throw new MillraceError(
          'too_many_in_flight',
          `The API key has ${count} requests in flight, and may have ${principal.max_in_flight}.`,
          {
            retryAfterMs: 1_000,
          },
        );
      }
      counts.set(key, count + 1);
      let inside = true;
      return () => {
        if (!inside) return;
        inside = false;
        const left = (counts.get(key) ?? 1) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      };
    },
  };
}
