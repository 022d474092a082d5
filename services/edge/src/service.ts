import { fastify } from 'fastify';
import { httpErrors, newGatewayName, startRelay, type RelaySettings } from '@millrace/relay';
import { healthRoutes, listen, stopInReverse, type ListenOptions, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { EdgeSettings } from './config.ts';
import { edgeRoutes } from './edge-routes.ts';

export interface Edge extends Stoppable {
  readonly port: number;
}

/**
 * Serves the WebSocket with an app and a relay of its own.
 *
 * @throws `port_in_use`, `config_invalid`
 */
export async function startEdge(
  dependencies: StageDependencies,
  settings: EdgeSettings & RelaySettings & ListenOptions,
): Promise<Edge> {
  const { clock, logger, metrics } = dependencies;
  const app = fastify({ ...httpErrors, forceCloseConnections: true });
  const parts: Stoppable[] = [{ stop: () => app.close() }];
  try {
    const relay = await startRelay({ ...dependencies, gateway: newGatewayName() }, settings);
    parts.push(relay);
    await app.register(edgeRoutes, { relay, settings, clock, logger, metrics });
    await app.register(healthRoutes, { checks: relay.checks, metrics });
    const port = await listen(app, settings);
    // The relay stops first: whoever waits for an answer is told to resume elsewhere before the connection ends.
    return { port, stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}
