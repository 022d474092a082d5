import { createHash } from 'node:crypto';
import { uuidv7Of } from '@millrace/runtime';

export interface NamedPlace {
  readonly tenant: string;
  /** Such as `INTAKE/17`, or `cluster/topic/partition/offset`. */
  readonly place: string;
  /** When it was there, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** Counts the tries, from 0. */
  readonly round?: number;
}

/** A UUID holds 48 bits of time. */
const latestMs = 2 ** 48 - 1;

/**
 * The request id of a place in a queue or topic: a UUIDv7 of the time, with a hash of all of it for its random bits. The tenant is part of
 * it, so that nobody makes the id of another tenant's request, whatever is claimed of a place.
 */
export function intakeRequestId({ tenant, place, timeMs, round = 0 }: NamedPlace): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([tenant, place, timeMs, round]))
    .digest();
  return uuidv7Of(Math.min(Math.max(0, timeMs), latestMs), hash.subarray(0, 10));
}
