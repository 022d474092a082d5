import type { TraceContext } from '@millrace/bus';
import type { CacheUse, Parameters, RequestReceived, Transport } from '@millrace/contracts';
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
  readonly transport: Transport;
  readonly generation: Generation;
  readonly idempotencyKey?: string | undefined;
  /** Where the id is made of what is asked, and not here. */
  readonly named?: NamedRequest | undefined;
  /** It expires then, if not before. */
  readonly deadlineAt?: number | undefined;
  /** The request of which it is a replay. */
  readonly replayOf?: string | undefined;
  /** The id of a replay, chosen before it is sent: it is stored once, however often it is sent. */
  readonly replayAs?: string | undefined;
  /** Where the client's own trace stands. */
  readonly trace?: TraceContext | undefined;
}

/** A request that has the same id whoever takes it in, so that it is done once. */
export interface NamedRequest {
  /** The id of each try, from 0: there is another where the one before was cancelled or may yet succeed. */
  readonly idOf: (round: number) => string;
  /** Whether nobody can have taken it in before. */
  readonly isNew: boolean;
}

/** Where a client of this transport names its idempotency key. */
export const idempotencyKeyParam = {
  WEBSOCKET: 'idempotency_key',
  HTTP: 'Idempotency-Key',
  NATS: 'idempotency_key',
  KAFKA: 'idempotency_key',
} as const satisfies Record<Submission['transport'], string>;

/** The request is stored: whatever crashes from now on, it is answered. */
export interface Accepted {
  readonly requestId: string;
  /** The model that it goes to first. */
  readonly model: string;
  /** True when an idempotency key named a request that was there already: it is followed from its start. */
  readonly attached: boolean;
}
