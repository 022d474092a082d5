import type { TraceContext } from '@millrace/bus';
import type { CacheUse, Parameters, RequestReceived } from '@millrace/contracts';
import type { Operation, RequestContent } from '@millrace/stage';
import type { GatewayPrincipal } from './gateway-principal.ts';

/** What is to be generated, with all defaults filled in but the seed. */
export interface Generation {
  readonly operation: Operation;
  /** The default model where none is named. */
  readonly model: string | undefined;
  readonly content: RequestContent;
  readonly parameters: Omit<Parameters, 'seed'>;
  /** Whether the client chose max_tokens. A default gives way to what is allowed. */
  readonly isMaxTokensGiven: boolean;
  /** Chosen at random where none is given. */
  readonly seed: number | undefined;
  readonly priority: RequestReceived['priority'];
  /** After so many milliseconds it expires; undefined: after as many as the platform allows. */
  readonly timeoutMs: number | undefined;
  /** Whether the answer may come from the cache. Default `AUTO`: where it is deterministic. */
  readonly cache?: CacheUse;
}

/** A request at the front door. */
export interface Submission {
  readonly principal: GatewayPrincipal;
  readonly transport: 'WEBSOCKET' | 'HTTP';
  readonly generation: Generation;
  readonly idempotencyKey?: string | undefined;
  /** Where the client's own trace stands. */
  readonly trace?: TraceContext | undefined;
  /** A request of a past time that is asked once more under this id, which its sender has chosen: it is stored once, however often it is sent. */
  readonly replay?: Replay | undefined;
}

export interface Replay {
  readonly requestId: string;
  /** The request that it repeats. */
  readonly of: string;
}

/** Where a client of this transport names its idempotency key. */
export const idempotencyKeyParam = {
  WEBSOCKET: 'idempotency_key',
  HTTP: 'Idempotency-Key',
} as const satisfies Record<Submission['transport'], string>;

/** The request is stored: whatever crashes from now on, it is answered. */
export interface Accepted {
  readonly requestId: string;
  /** The model that it goes to first. */
  readonly model: string;
  /** True when an idempotency key named a request that was there already: it is followed from its start. */
  readonly attached: boolean;
}
