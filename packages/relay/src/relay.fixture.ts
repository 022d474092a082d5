import type { Clock, Stoppable } from '@millrace/runtime';
import { stopInReverse } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { readGeneration } from './read-generation.ts';
import type { RelayEvent } from './relay-event.ts';
import { newGatewayName, startRelay, type Relay } from './start-relay.ts';
import type { Submission } from './submission.ts';
import {
  openScriptedWriter,
  principalOf,
  startTestPlatform,
  testRelaySettings,
  type TestPlatform,
} from './testing.ts';

/** A signal that is never aborted. */
export const never = new AbortController().signal;

/** A running nats-server. */
export interface ServerOfTest extends Stoppable {
  readonly url: string;
}

/** A platform on a nats-server, and gateways on it. */
export interface RelayTest extends Stoppable {
  readonly platform: TestPlatform;
  /** Dependencies of whoever plays the other stages. */
  readonly stage: StageDependencies;
  gateway(changes?: Partial<typeof testRelaySettings>, clock?: Clock): Promise<Relay>;
  stopGateways(): Promise<void>;
}

/** @param nats stopped with the platform */
export async function startRelayTest(nats: ServerOfTest): Promise<RelayTest> {
  const platform = await startTestPlatform(nats.url);
  const stage = await platform.connect();
  const gateways: Stoppable[] = [];
  return {
    platform,
    stage,
    async gateway(changes = {}, clock) {
      const dependencies = await platform.connect(clock);
      const relay = await startRelay(
        { ...dependencies, gateway: newGatewayName() },
        { ...testRelaySettings, ...changes },
      );
      gateways.push(relay);
      return relay;
    },
    stopGateways: () => stopInReverse(gateways.splice(0)),
    async stop() {
      await stopInReverse([nats, platform, ...gateways]);
    },
  };
}

export function submission(tenant: string, changes: Partial<Submission> = {}): Submission {
  return {
    principal: principalOf(tenant),
    transport: 'WEBSOCKET',
    generation: readGeneration({ prompt: 'Hello', max_tokens: 16, temperature: 0 }),
    ...changes,
  };
}

export async function collect(events: AsyncIterable<RelayEvent>): Promise<RelayEvent[]> {
  const all: RelayEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Runs a request of one piece through a gateway: what its connection was sent before has arrived then. */
export async function runOneRequest(
  stage: StageDependencies,
  relay: Relay,
  tenant: string,
): Promise<RelayEvent[]> {
  const { requestId } = await relay.submit(submission(tenant));
  const events = collect(relay.follow(requestId, { principal: principalOf(tenant), signal: never }));
  const writer = await openScriptedWriter(stage, { gateway: relay.gateway, requestId, tenant });
  await writer.finish();
  return events;
}

export const textOf = (events: readonly RelayEvent[]): string =>
  events.map((event) => (event.type === 'chunk' ? event.text : '')).join('');

export const chunkSeqs = (events: readonly RelayEvent[]): number[] =>
  events.filter((event) => event.type === 'chunk').map((event) => event.seq);

/** Value of a metric by its name, labels included, as it is exposed. */
export async function metricValue({ metrics }: StageDependencies, name: string): Promise<number> {
  const { body } = await metrics.expose();
  const line = body.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
}
