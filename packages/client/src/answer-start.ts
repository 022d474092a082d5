import type { Operation } from './requests.ts';

/** A request that is to be sent. Sent again with the same key it is the same request. */
export interface Asked {
  readonly operation: Operation;
  readonly body: object;
  readonly idempotencyKey: string;
  /** Whether the end has the receipt. */
  readonly receipt: boolean;
}

/** A request that runs already. */
export interface Followed {
  readonly requestId: string;
  /** Number of the last chunk that the reader has. */
  readonly after: number;
  /** Whether the end has the receipt. */
  readonly receipt: boolean;
}

/** Where an answer comes from. */
export type AnswerStart = Asked | Followed;
