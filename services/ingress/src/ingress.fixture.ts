import { nameModelSettings, type NameModelSettings } from '@millrace/pii-model';
import { intakeSettings } from '@millrace/intake';
import type { StreamLimits, VerifiedPrincipal } from '@millrace/contracts';
import type { GatewaySettings, RelaySettings } from '@millrace/relay';
import {
  newTenant,
  nextScriptedWriter,
  principalOf,
  startTestPlatform,
  testGatewaySettings,
  testRelaySettings,
  type ScriptedWriter,
  type TestPlatform,
} from '@millrace/relay/testing';
import { createLogger, stopInReverse, type Stoppable, readSettings } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { IngressSettings } from './config.ts';
import { kafkaSourceSettings } from './kafka/kafka-source-settings.ts';
import { startIngress } from './service.ts';

export interface PostOptions {
  /** `/v1/generate` by default. */
  readonly path?: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A client of a tenant of its own. */
export interface TestClient {
  readonly tenant: string;
  readonly keyId: string;
  readonly apiKey: string;
  /** Posts: text and bytes as they are, anything else as JSON. */
  post(body: unknown, options?: PostOptions): Promise<Response>;
  /** Waits for the next request of the tenant, to play its other stages. */
  nextRequest(): Promise<ScriptedWriter & { readonly requestId: string }>;
}

/** Ingress on a nats-server; the test plays all other services. */
export interface IngressTest extends Stoppable {
  readonly url: string;
  readonly platform: TestPlatform;
  readonly stage: StageDependencies;
  /** Stops alone. */
  readonly gateway: Stoppable;
  /** What ingress has logged. */
  readonly log: readonly string[];
  readonly metrics: StageDependencies['metrics'];
  client(principal?: Partial<VerifiedPrincipal>): TestClient;
}

export const maxBodyBytes = 2 * 1024 * 1024;

/** @param nats stopped with ingress */
export async function startIngressTest(
  nats: Stoppable & { readonly url: string },
  limits?: Partial<StreamLimits>,
  settings: Partial<GatewaySettings & RelaySettings & IngressSettings & NameModelSettings> = {},
): Promise<IngressTest> {
  const platform = await startTestPlatform(nats.url, limits);
  const stage = await platform.connect();
  const log: string[] = [];
  const dependencies = {
    ...(await platform.connect()),
    logger: createLogger({
      service: 'ingress',
      level: 'info',
      destination: { write: (line) => log.push(line) },
    }),
  };
  const ingress = await startIngress(dependencies, {
    ...testRelaySettings,
    ...testGatewaySettings,
    sseKeepAliveMs: 15_000,
    maxWaitsPerKey: 1_000,
    maxBodyBytes,
    webhookPrivate: false,
    jobLifetimeMs: 86_400_000,
    jobRetentionMs: 86_400_000,
    fileMaxBytes: 1024 * 1024,
    fileRetentionMs: 86_400_000,
    ...readSettings(intakeSettings, {}),
    ...readSettings(kafkaSourceSettings, {}),
    ...readSettings(nameModelSettings, {}),
    ackWaitMs: 10_000,
    ...settings,
    port: 0,
    host: '127.0.0.1',
  }).catch(async (error: unknown) => {
    await stopInReverse([nats, platform]);
    throw error;
  });
  const url = `http://127.0.0.1:${ingress.port}`;
  return {
    url,
    platform,
    stage,
    gateway: ingress,
    log,
    metrics: dependencies.metrics,
    client(changes = {}) {
      const tenant = newTenant();
      const principal = principalOf(tenant, changes);
      const apiKey = `key-${tenant}`;
      platform.keys.set(apiKey, principal);
      const seen = new Set<string>();
      return {
        tenant,
        keyId: principal.key_id,
        apiKey,
        post: (body, options = {}) =>
          fetch(`${url}${options.path ?? '/v1/generate'}`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${options.apiKey ?? apiKey}`,
              'content-type': 'application/json',
              ...options.headers,
            },
            body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
            ...(options.signal === undefined ? {} : { signal: options.signal }),
          }),
        nextRequest: () => nextScriptedWriter(stage, tenant, seen),
      };
    },
    stop: () => stopInReverse([nats, platform, ingress]),
  };
}

export interface ServerSentEvent {
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** The events of a stream as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerSentEvent, void, undefined> {
  if (response.body === null) return;
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + piece).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string): string | undefined =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const data = field('data');
      if (data !== undefined) yield { event: field('event'), id: field('id'), data: JSON.parse(data) };
    }
  }
}

export async function allEventsOf(response: Response): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}
