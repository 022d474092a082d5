import type { VerifiedPrincipal } from '@millrace/contracts';
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
import { stopInReverse, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { openStream, type StreamClient } from '@millrace/testkit';
import type { EdgeSettings } from './config.ts';
import { startEdge } from './service.ts';

/** Someone with an API key of a tenant of its own. */
export interface TestUser {
  readonly tenant: string;
  readonly keyId: string;
  readonly apiKey: string;
  /** Waits for the next request of the tenant, to play its other stages. */
  nextRequest(): Promise<ScriptedWriter & { readonly requestId: string }>;
}

/** Gateways on a nats-server; the test plays all other services. */
export interface EdgeTest extends Stoppable {
  readonly natsUrl: string;
  readonly platform: TestPlatform;
  readonly stage: StageDependencies;
  user(principal?: Partial<VerifiedPrincipal>): TestUser;
  /** Starts one more gateway. @returns its URL */
  gateway(
    settings?: Partial<EdgeSettings & GatewaySettings & RelaySettings>,
    natsUrl?: string,
  ): Promise<string>;
  /** Connects and waits for `ready`. */
  connect(url: string, user: TestUser): Promise<StreamClient>;
}

export const edgeTestSettings: EdgeSettings = {
  heartbeatMs: 60_000,
  disconnectGraceMs: 60_000,
  maxInFlightPerConnection: 4,
  maxConnections: 100,
  maxFrameBytes: 2 * 1024 * 1024,
  sendBufferBytes: 64 * 1024,
};

/** @param nats stopped with the gateways */
export async function startEdgeTest(nats: Stoppable & { readonly url: string }): Promise<EdgeTest> {
  const platform = await startTestPlatform(nats.url);
  const stage = await platform.connect();
  const parts: Stoppable[] = [nats, platform];
  return {
    natsUrl: nats.url,
    platform,
    stage,
    user(changes = {}) {
      const tenant = newTenant();
      const principal = principalOf(tenant, changes);
      const apiKey = `key-${tenant}`;
      platform.keys.set(apiKey, principal);
      const seen = new Set<string>();
      return {
        tenant,
        keyId: principal.key_id,
        apiKey,
        nextRequest: () => nextScriptedWriter(stage, tenant, seen),
      };
    },
    async gateway(settings = {}, natsUrl = nats.url) {
      const edge = await startEdge(await platform.connect(undefined, natsUrl), {
        ...testRelaySettings,
        ...testGatewaySettings,
        ...edgeTestSettings,
        ...settings,
        port: 0,
        host: '127.0.0.1',
      });
      parts.push(edge);
      return `http://127.0.0.1:${edge.port}`;
    },
    async connect(url, user) {
      const client = await openStream(url, { apiKey: user.apiKey });
      await client.find(({ type }) => type === 'ready');
      return client;
    },
    stop: () => stopInReverse(parts),
  };
}
