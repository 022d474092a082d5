import {
  MillraceError,
  stopInReverse,
  systemRandom,
  type HealthCheck,
  type RandomSource,
  type Stoppable,
} from '@millrace/runtime';
import {
  cancelRequest,
  watchDataPolicies,
  watchModels,
  type DataPolicies,
  type StageDependencies,
} from '@millrace/stage';
import type { AccessBarred, VerifiedPrincipal } from '@millrace/contracts';
import { watchPrices } from '@millrace/pricing';
import { costsBy } from './answer-cost.ts';
import { createAskReceipt, type AskReceipt } from './ask-receipt.ts';
import { createAskWorkers } from './ask-workers.ts';
import { watchBars } from './bars.ts';
import { startCaretaker, type Abandoned } from './caretaker.ts';
import { createCredentials } from './credentials.ts';
import { readEngineState, type EngineState } from './engine-state.ts';
import { createFollow, requireAccess, type FollowOptions } from './follow.ts';
import { createFreshRequests } from './fresh-requests.ts';
import { idempotencyScope, requestNotFound, type GatewayPrincipal } from './gateway-principal.ts';
import { findKeyedRequest } from './idempotency.ts';
import { createInFlight } from './in-flight.ts';
import { startLiveFeed } from './live-feed.ts';
import type { RelayEvent } from './relay-event.ts';
import { createRelayMetrics } from './relay-metrics.ts';
import type { RelaySettings } from './relay-settings.ts';
import { watchRevocations } from './revocations.ts';
import type { Accepted, Generation, Submission } from './submission.ts';
import { askable } from './routes/choose-model.ts';
import { requireModel } from './routes/require-model.ts';
import { readRoutes } from './routes/read-routes.ts';
import { readClosing, type Closing } from './read-closing.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';
import { createSubmit } from './submit.ts';

export interface RelayDependencies extends StageDependencies {
  /** Name of this gateway process, new with each start: see `newGatewayName`. */
  readonly gateway: string;
  /** By default the system's. */
  readonly random?: RandomSource;
}

/** The way in and out that all gateways of a process share. */
export interface Relay extends Stoppable {
  readonly gateway: string;
  /** What a principal may ask for: models, and names that stand for several of them. */
  askable(principal: Pick<GatewayPrincipal, 'allowed_models'>): ReturnType<typeof askable>;
  /**
   * Refuses what can never be submitted for its model. What is not loaded at all may be so later.
   *
   * @throws `model_not_found`, `unsupported_value`, `permission_denied`, `missing_value`
   */
  requireModel(
    principal: Pick<GatewayPrincipal, 'allowed_models'>,
    generation: Pick<Generation, 'model' | 'operation' | 'content'>,
  ): void;
  /** What may be done with the content of tenants. */
  readonly policies: Pick<DataPolicies, 'of' | 'zeroRetentionTenants'>;
  /**
   * Finds out who a credential belongs to.
   *
   * @param address that the client has
   * @throws `invalid_api_key`; `permission_denied` for someone who may not get in, or an address that the key may not be used from;
   *   `rate_limit_exceeded` where too many credentials from the address have failed; `unavailable` when nobody can say
   */
  verify(credential: string | undefined, address: string): Promise<VerifiedPrincipal>;
  /** Calls the listener with the id of each API key that is revoked from now on. */
  onRevoked(listener: (keyId: string) => void): Stoppable;
  /** Calls the listener with the id of each API key that may do more, or less, than before. */
  onKeyChanged(listener: (keyId: string) => void): Stoppable;
  /** Calls the listener with each user, project, organisation and identity provider that may not get in from now on: see `whyBarred`. */
  onBarred(listener: (bar: AccessBarred) => void): Stoppable;
  /**
   * Takes a place among the requests that the API key may have in flight.
   *
   * @returns gives the place back; safe to call twice
   * @throws `too_many_in_flight`
   */
  enter(principal: VerifiedPrincipal): () => void;
  /**
   * Takes a request in. Once it resolves the request is stored.
   *
   * @throws `model_not_found`, `invalid_value`, `overloaded`, `unavailable`, `idempotency_key_reused`, `request_not_found`
   */
  submit(submission: Submission): Promise<Accepted>;
  /** Counts a request that was refused before it was submitted. */
  noteRefusal(transport: Submission['transport'], error: unknown): void;
  /**
   * The answer of a request behind chunk `after`, at the pace of the reader: what is stored first, then as it is generated. Ends
   * with `completed` or `failed`.
   *
   * @throws while iterating: `request_not_found`; `invalid_value` when the answer ended before `after`; `unavailable` when this
   *   gateway stops; the signal's reason
   */
  follow(requestId: string, options: FollowOptions): AsyncGenerator<RelayEvent, void, undefined>;
  /** What is stored of an answer by now. @throws `request_not_found` */
  snapshot(requestId: string, principal: GatewayPrincipal): Promise<Snapshot>;
  /** How a request ended; undefined while it has not. @throws `request_not_found` */
  closing(requestId: string, principal: GatewayPrincipal): Promise<Closing | undefined>;
  /** The signed receipt of a request that has ended, as soon as there is one: see `withReceipt`. */
  readonly askReceipt: AskReceipt;
  /** Stops a request; one that has ended stays as it is. @throws `request_not_found` */
  cancel(requestId: string, principal: GatewayPrincipal, reason?: 'client' | 'disconnected'): Promise<void>;
  /** Stops the last request of an idempotency key. @throws `request_not_found` */
  cancelKeyed(idempotencyKey: string, principal: GatewayPrincipal): Promise<void>;
  /**
   * The client of a request is gone, which has submitted it here or follows it: unless it is followed again, here or by another gateway, the request is cancelled after
   * the grace period. Call it before the follower is ended.
   */
  abandon(request: Abandoned, graceMs: number): void;
  /** What the workers are doing, and what waits for them. @throws `unavailable` when no worker answers */
  engineState(): Promise<EngineState>;
  /** Aborted when this gateway begins to stop. */
  readonly stopping: AbortSignal;
  readonly checks: readonly HealthCheck[];
}

/** Starts the relay of this process. `stop` ends all followers with a retryable error, so that clients resume elsewhere. */
export async function startRelay(
  dependencies: RelayDependencies,
  settings: Pick<
    RelaySettings,
    | 'routesFile'
    | 'requestTimeoutMs'
    | 'maxTokens'
    | 'verifyTimeoutMs'
    | 'credentialCacheMs'
    | 'authFailures'
    | 'authFailureWindowMs'
    | 'followQueueRecords'
    | 'idleRecheckMs'
  >,
): Promise<Relay> {
  const { bus, clock, logger, gateway, random = systemRandom } = dependencies;
  const stopping = new AbortController();
  const relayMetrics = createRelayMetrics(dependencies.metrics);
  const feed = await startLiveFeed(bus, gateway, settings.followQueueRecords);
  const caretaker = await startCaretaker(dependencies);
  const revocations = await watchRevocations(dependencies);
  const bars = await watchBars(dependencies);
  const routes = new Map(
    (await readRoutes(settings.routesFile)).map((route) => [route.name, route] as const),
  );
  const models = await watchModels(dependencies);
  const prices = await watchPrices(dependencies);
  const credentials = createCredentials(dependencies, revocations, bars, settings);
  const policies = await watchDataPolicies(dependencies);
  const inFlight = createInFlight();
  const fresh = createFreshRequests(feed, clock, logger);
  const askWorkers = createAskWorkers({ ...dependencies, random });
  const submit = createSubmit({
    ...dependencies,
    random,
    models,
    routes,
    prices,
    policies,
    fresh,
    requestTimeoutMs: settings.requestTimeoutMs,
    maxTokens: settings.maxTokens,
  });
  const follow = createFollow({
    ...dependencies,
    feed,
    fresh,
    caretaker,
    relayMetrics,
    costOf: costsBy(prices),
    idleRecheckMs: settings.idleRecheckMs,
    stopping: stopping.signal,
  });

  const noteRefusal: Relay['noteRefusal'] = (transport, error) =>
    relayMetrics.rejected(transport, MillraceError.from(error).code);

  return {
    gateway,
    askable: ({ allowed_models: allowed }) => askable(routes, models, allowed),
    requireModel: ({ allowed_models: allowed }, generation) =>
      requireModel(routes, models, generation, allowed),
    policies,
    verify: (credential, address) => credentials.verify(credential, address),
    onRevoked: (listener) => revocations.onRevoked(listener),
    onKeyChanged: (listener) => revocations.onChanged(listener),
    onBarred: (listener) => bars.onBarred(listener),
    enter: (principal) => inFlight.enter(principal),
    async submit(submission) {
      try {
        stopping.signal.throwIfAborted();
        const accepted = await submit(submission);
        relayMetrics.accepted(submission.transport);
        return accepted;
      } catch (error) {
        noteRefusal(submission.transport, error);
        throw error;
      }
    },
    noteRefusal,
    follow,
    snapshot: (requestId, principal) => readSnapshot(dependencies, requestId, principal),
    closing: (requestId, principal) => readClosing(dependencies, requestId, principal),
    askReceipt: createAskReceipt(dependencies),
    stopping: stopping.signal,
    async cancel(requestId, principal, reason = 'client') {
      await requireAccess(dependencies, requestId, principal);
      await cancelRequest(dependencies, { tenant: principal.tenant, request_id: requestId }, reason);
    },
    async cancelKeyed(key, principal) {
      const { tenant } = principal;
      const owner = { tenant, key, keyId: idempotencyScope(principal) };
      const claims = { bucket: bus.bucket('IDEMPOTENCY'), codec: dependencies.codec };
      const requestId = await findKeyedRequest(claims, owner);
      if (requestId === undefined) throw requestNotFound('idempotency_key');
      await cancelRequest(dependencies, { tenant, request_id: requestId }, 'client');
    },
    abandon: (request, graceMs) => caretaker.abandon(request, graceMs),
    engineState: () => readEngineState(dependencies, askWorkers),
    checks: [{ name: 'nats', check: () => (bus.connected ? undefined : 'not connected to NATS') }],
    async stop() {
      stopping.abort(
        new MillraceError('unavailable', 'This gateway stops; connect again and resume.', {
          retryAfterMs: 500,
        }),
      );
      await stopInReverse([feed, fresh, caretaker, revocations, bars, models, prices, policies, credentials]);
    },
  };
}

/** A name that no gateway process had before. */
export function newGatewayName(random: RandomSource = systemRandom): string {
  return `g-${Buffer.from(random.bytes(8)).toString('hex')}`;
}
