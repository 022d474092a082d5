import { createTurns, type Turns } from './turns.ts';

/**
 * Requests that may have killed a worker. They run one at a time until they have got somewhere, so that the one that does kill
 * takes no other suspect with it, and the blame falls on it alone.
 */
export type Suspects = Turns;

export function createSuspects(): Suspects {
  return createTurns();
}
