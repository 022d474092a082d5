import { fastify } from 'fastify';
import { newGatewayName, startRelay, type RelaySettings } from '@millrace/relay';
import { healthRoutes, listen, stopInReverse, type ListenOptions, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { IngressSettings } from './config.ts';
import { ingressRoutes } from './ingress-routes.ts';

export interface Ingress extends Stoppable {
  readonly port: number;
}

/**
 * Serves HTTP with an app and a relay of its own.
 *
 * @throws `port_in_use`, `config_invalid`
 */
export async function startIngress(
  dependencies: StageDependencies,
  settings: IngressSettings & RelaySettings & ListenOptions,
): Promise<Ingress> {
  const { clock, logger, metrics } = dependencies;
  const app = fastify({ forceCloseConnections: 'idle' });
  const parts: Stoppable[] = [{ stop: () => app.close() }];
  try {
    const relay = await startRelay({ ...dependencies, gateway: newGatewayName() }, settings);
    parts.push(relay);
    await app.register(ingressRoutes, { relay, settings, clock, logger });
    await app.register(healthRoutes, { checks: relay.checks, metrics });
    const port = await listen(app, settings);
    // The relay stops first: whoever waits for an answer gets an error that says to try again.
    return { port, stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}
