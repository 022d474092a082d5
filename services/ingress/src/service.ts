import { fastify, type FastifyInstance } from 'fastify';
import { httpErrors, newGatewayName, startRelay, type RelaySettings } from '@millrace/relay';
import {
  healthRoutes,
  listen,
  stopInReverse,
  type Clock,
  type ListenOptions,
  type Stoppable,
} from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { IngressSettings } from './config.ts';
import { ingressRoutes } from './ingress-routes.ts';

export interface Ingress extends Stoppable {
  readonly port: number;
}

/** How long a client may take to send a request. */
const requestTimeoutMs = 60_000;

/** How long clients may take to read the end of their answers when the gateway stops. */
const closeLimitMs = 2_000;

/** Closes the app; connections that are still in use after the limit are cut. */
async function closeWithin(app: FastifyInstance, clock: Clock, limitMs: number): Promise<void> {
  const limit = clock.setTimer(limitMs, () => app.server.closeAllConnections());
  await app.close();
  limit.cancel();
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
  const app = fastify({
    ...httpErrors,
    forceCloseConnections: 'idle',
    requestTimeout: requestTimeoutMs,
  });
  const parts: Stoppable[] = [{ stop: () => closeWithin(app, clock, closeLimitMs) }];
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
