import { connectNats } from '@millrace/bus';
import {
  bucketDefinitions,
  controlKeys,
  createCodec,
  streamDefinitions,
  subjects,
  type AccessBarred,
  type Finished,
  type ResultChunk,
  type StreamLimits,
  type VerifiedPrincipal,
  type WorkerDescribed,
} from '@millrace/contracts';
import {
  createLogger,
  createMetrics,
  systemClock,
  systemRandom,
  stopInReverse,
  uuidv7,
  type Clock,
  type Stoppable,
} from '@millrace/runtime';
import { createMemoryKeyStore, createSealing, type Sealing } from '@millrace/sealing';
import {
  announceModel,
  noUsage,
  openResultLog,
  resultRecord,
  sealContent,
  type StageDependencies,
} from '@millrace/stage';
import type { GatewaySettings } from './http/gateway-settings.ts';
import type { RelaySettings } from './relay-settings.ts';

/** Settings for tests: limits that a busy machine keeps as well. */
export const testRelaySettings: RelaySettings = {
  requestTimeoutMs: 60_000,
  maxTokens: undefined,
  routesFile: undefined,
  verifyTimeoutMs: 30_000,
  credentialCacheMs: 5_000,
  authFailures: 1_000,
  authFailureWindowMs: 60_000,
  followQueueRecords: 256,
  idleRecheckMs: 10_000,
};

/** Of a gateway that stops at once. */
export const testGatewaySettings: GatewaySettings = {
  tlsCertFile: undefined,
  tlsKeyFile: undefined,
  headersTimeoutMs: 10_000,
  receiveTimeoutMs: 60_000,
  keepAliveTimeoutMs: 75_000,
  sendTimeoutMs: 60_000,
  maxHeaderBytes: 16 * 1024,
  maxRequestsPerConnection: 10_000,
  maxHttpConnections: 20_000,
  trustedProxies: [],
  corsOrigins: [],
  hstsMaxAgeMs: 0,
  drainGraceMs: 0,
};

/** The parts around a gateway on a real nats-server: a model that is announced, and someone who knows API keys. */
export interface TestPlatform extends Stoppable {
  readonly sealing: Sealing;
  /** Credential to principal. */
  readonly keys: Map<string, VerifiedPrincipal>;
  /** Dependencies of one more process, on a connection of its own. @param url where it finds the nats-server */
  connect(clock?: Clock, url?: string): Promise<StageDependencies>;
  revoke(keyId: string): Promise<void>;
  /** Bars someone, as auth-quota does, or lets them in again. */
  bar(kind: AccessBarred['kind'], id: string): Promise<void>;
  readmit(kind: AccessBarred['kind'], id: string): Promise<void>;
  /** From now on nobody answers for API keys. */
  stopVerifying(): Promise<void>;
}

export async function startTestPlatform(
  natsUrl: string,
  limits?: Partial<StreamLimits>,
): Promise<TestPlatform> {
  const codec = createCodec();
  const sealing = await createSealing(systemRandom.bytes(32), createMemoryKeyStore());
  const logger = createLogger({ service: 'test', level: 'silent' });
  const connections: Stoppable[] = [];
  const keys = new Map<string, VerifiedPrincipal>();
  const connect = async (clock: Clock = systemClock, url = natsUrl): Promise<StageDependencies> => {
    const bus = await connectNats({ url, name: 'test', logger });
    connections.push(bus);
    return { bus, codec, sealing, clock, logger, metrics: createMetrics() };
  };
  const own = await connect();
  await own.bus.provision(streamDefinitions(limits), bucketDefinitions);
  const verifying = await own.bus.respond(subjects.verify, 'test', async (payload) => {
    const principal = keys.get(codec.decode('credential.presented', payload).credential) ?? null;
    const refusal = { code: 'invalid_api_key', message: 'The API key is not valid.' };
    return codec.encode(
      'credential.verified',
      principal === null ? { principal, ...refusal } : { principal, code: null, message: null },
    );
  });
  await announceModel(own, {
    name: 'test-model',
    version: '1',
    context_length: 2_048,
    is_default: true,
    at: systemClock.now(),
    operations: ['generate', 'summarize', 'classify', 'translate'],
    aliases: ['test'],
    provider: null,
  });
  return {
    sealing,
    keys,
    connect,
    stopVerifying: () => verifying.stop(),
    async revoke(keyId) {
      const revocation = codec.encode('key.revoked', { key_id: keyId, at: systemClock.now() });
      await own.bus.bucket('CONTROL').put(controlKeys.revocation(keyId), revocation);
    },
    async bar(kind, id) {
      const bar = codec.encode('access.barred', { kind, id, at: systemClock.now() });
      await own.bus.bucket('CONTROL').put(controlKeys.bar(kind, id), bar);
    },
    readmit: (kind, id) => own.bus.bucket('CONTROL').erase(controlKeys.bar(kind, id)),
    async stop() {
      await stopInReverse(connections);
      await sealing.stop();
    },
  };
}

/** Plays the part of pii and inference: writes the results of one request. */
export interface ScriptedWriter {
  masked(mapping: Readonly<Record<string, string>>): Promise<void>;
  /** Begins an attempt at a token position: by default behind what is written. */
  attempt(number: number, firstPosition?: number): Promise<void>;
  chunk(text: string, tokenCount?: number): Promise<void>;
  /** A chunk that nobody can open. */
  corruptChunk(): Promise<void>;
  finish(changes?: Partial<Finished>): Promise<void>;
}

export async function openScriptedWriter(
  dependencies: StageDependencies,
  request: { readonly gateway: string; readonly requestId: string; readonly tenant: string },
): Promise<ScriptedWriter> {
  const { clock, sealing } = dependencies;
  const { gateway, requestId, tenant } = request;
  const log = await openResultLog(dependencies, { gateway, request_id: requestId });
  const box = await sealing.forTenant(tenant);
  let position = 0;
  let attempt = 1;
  const write = (record: Pick<ResultChunk, 'kind'> & Partial<ResultChunk>): Promise<void> =>
    log.append(
      resultRecord(
        { request_id: requestId, tenant },
        { at: clock.now(), attempt, first_position: position, ...record },
      ),
    );
  return {
    masked: (mapping) =>
      write({ kind: 'MASKED', attempt: 0, content: sealContent(box, requestId, 'masked', { mapping }) }),
    async attempt(number, firstPosition = position) {
      attempt = number;
      position = firstPosition;
      await write({ kind: 'ATTEMPT' });
    },
    async chunk(text, tokenCount = 1) {
      const content = sealContent(box, requestId, 'chunk', {
        text,
        tokens: Array.from({ length: tokenCount }, () => 1),
      });
      await write({ kind: 'CHUNK', token_count: tokenCount, content });
      position += tokenCount;
    },
    corruptChunk: () => write({ kind: 'CHUNK', token_count: 1, content: Buffer.from('not sealed at all') }),
    async finish(changes = {}) {
      const finished: Finished = {
        outcome: 'COMPLETED',
        finish_reason: 'stop',
        finish_reasons: [],
        cache: null,
        served_by: null,
        failure: null,
        usage: { ...noUsage(5), input_tokens: 3, output_tokens: position },
        timings: { queue_ms: 1, prefill_ms: 2, time_to_first_token_ms: 3, total_ms: 4 },
        model_version: '1',
        text_digest: null,
        decision: { stage: 'inference', at: clock.now(), outcome: 'completed', code: null, facts: {} },
        ...changes,
      };
      await write({ kind: 'FINISHED', finished });
    },
  };
}

/** Waits for the next request of a tenant in RECEIVED that has not been waited for, and opens its results. */
export async function nextScriptedWriter(
  dependencies: StageDependencies,
  tenant: string,
  seen: Set<string>,
): Promise<ScriptedWriter & { readonly requestId: string; readonly gateway: string }> {
  for (;;) {
    for await (const { payload } of dependencies.bus.read('RECEIVED', subjects.received(tenant))) {
      const event = dependencies.codec.decode('request.received', payload);
      if (seen.has(event.request_id)) continue;
      seen.add(event.request_id);
      const request = { gateway: event.gateway, requestId: event.request_id, tenant };
      return {
        ...(await openScriptedWriter(dependencies, request)),
        requestId: event.request_id,
        gateway: event.gateway,
      };
    }
    await new Promise<void>((resolve) => {
      setTimeout(resolve, pollMs);
    });
  }
}

const pollMs = 5;

/** A principal of a tenant, for tests. */
export function principalOf(tenant: string, changes: Partial<VerifiedPrincipal> = {}): VerifiedPrincipal {
  return {
    tenant,
    organisation: 'default',
    key_id: `key-of-${tenant}`,
    user_id: null,
    roles: ['developer'],
    reach: 'project',
    scopes: null,
    allowed_models: null,
    allowed_addresses: null,
    expires_at: null,
    issuer: null,
    max_in_flight: 32,
    ...changes,
  };
}

/** A tenant that no other test has. */
export function newTenant(): string {
  return `tenant-${uuidv7(systemClock, systemRandom)}`;
}

/** What a worker says of itself. */
export function describedWorker(changes: Partial<WorkerDescribed> = {}): WorkerDescribed {
  const at = Date.UTC(2026, 0, 1);
  return {
    worker: 'w-1',
    at,
    started_at: at - 60_000,
    problem: null,
    execution_provider: 'cpu',
    slots: { total: 4, used: 1, free: 3, waiting: 0 },
    key_values: { blocks_total: 128, blocks_used: 2, bytes_total: 128_000, bytes_used: 2_000 },
    prefix_cache: {
      blocks: 3,
      bytes: 3_000,
      budget_bytes: 10_000,
      queried_tokens: 100,
      hit_tokens: 64,
      evicted_blocks: 0,
    },
    models: [
      {
        name: 'test-model',
        version: '1',
        context_length: 2_048,
        operations: ['generate', 'embed'],
        is_default: true,
      },
    ],
    resident_bytes: 1_000_000,
    ...changes,
  };
}
