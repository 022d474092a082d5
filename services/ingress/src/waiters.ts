import type { VerifiedPrincipal } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';

/**
 * Counts those who wait for what runs by itself, or read it: each has a connection, and asks the database or the broker now and then.
 * They do not count as requests in flight.
 */
export interface Waiters {
  /** @returns to be called when the waiting is over; safe to call twice. @throws `too_many_in_flight` */
  enter(principal: Pick<VerifiedPrincipal, 'tenant' | 'key_id'>): () => void;
}

const retryMs = 1_000;

/** @param most of one API key in this process */
export function createWaiters(most: number): Waiters {
  const counts = new Map<string, number>();
  return {
    enter({ tenant, key_id }) {
      const key = JSON.stringify([tenant, key_id]);
      const count = counts.get(key) ?? 0;
      if (count >= most) {
        throw new MillraceError(
          'too_many_in_flight',
          `The API key waits for ${count} answers at once, and may wait for ${most}.`,
          { retryAfterMs: retryMs },
        );
      }
      counts.set(key, count + 1);
      let isInside = true;
      return () => {
        if (!isInside) return;
        isInside = false;
        const left = (counts.get(key) ?? 1) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      };
    },
  };
}
