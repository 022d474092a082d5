import type { RequestReceived } from '@millrace/contracts';
import type { SettledRequest } from '@millrace/quota';
import type { Refusal } from './admission-rules.ts';

/** A request that is to be decided on. */
export interface AdmissionRequest {
  readonly event: RequestReceived;
  /** The event, encoded, without the content: enough to close the request. */
  readonly encoded: Uint8Array;
  /** Why it was cancelled, if it was. */
  readonly cancelled: string | undefined;
  /** Whether it may be looked at again a little later instead of being refused for too many in flight. */
  readonly mayWait: boolean;
}

/** What is held in reserve for a request until it ends. The amount is a decimal string. */
export interface Reserve {
  readonly tokens: number;
  readonly amount: string;
}

/** A decision that is to be written. */
export interface DecidedRequest extends Pick<AdmissionRequest, 'event' | 'encoded'> {
  /** Undefined: admitted. */
  readonly refusal: Refusal | undefined;
  readonly reserved: Reserve;
}

/** What was decided on a request, for good. */
export interface Claim {
  /** Undefined: admitted. */
  readonly refusal: Refusal | undefined;
  readonly reserved: Reserve;
  readonly decidedAt: number;
  /** Whether it was decided by this very call. */
  readonly isNew: boolean;
  readonly isClosed: boolean;
}

/** A claim that nobody has closed. */
export interface OpenClaim {
  readonly requestId: string;
  readonly decision: 'admitted' | 'rejected';
  readonly decidedAt: number;
  /** Its request.received, encoded, without the content. */
  readonly event: Uint8Array;
}

/** The claims and counters of all tenants. */
export interface Admission {
  /**
   * Decides on each request once, all in one transaction; one that was decided before keeps its decision. Those that are
   * not in the result are to come again a little later.
   */
  claim(requests: readonly AdmissionRequest[]): Promise<ReadonlyMap<string, Claim>>;
  /** Closes the claims of requests that ended, and gives back what was in reserve for them; those that are closed stay as they are. */
  settle(closings: readonly SettledRequest[]): Promise<void>;
  /**
   * Hands over claims that are open and whose deadline was before `before`, oldest first, while no other replica does so.
   *
   * @returns how many; 0 also when another replica is at it
   */
  withOverdue(
    before: number,
    limit: number,
    handle: (claims: readonly OpenClaim[]) => Promise<void>,
  ): Promise<number>;
  /** Forgets claims that were closed before. */
  forgetClaims(before: number): Promise<void>;
}
