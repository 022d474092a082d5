import { fastify } from 'fastify';
import { healthRoutes, type HealthOptions } from './health-routes.ts';
import type { Stoppable } from './stoppable.ts';
import { listen, type ListenOptions } from './listen.ts';

export interface HealthServer extends Stoppable {
  readonly port: number;
}

/**
 * For services without an app of their own: an HTTP server with {@link healthRoutes} alone.
 * @throws MillraceError port_in_use
 */
export async function startHealthServer(options: ListenOptions & HealthOptions): Promise<HealthServer> {
  const app = fastify({ forceCloseConnections: true });
  await app.register(healthRoutes, options);
  const port = await listen(app, options);
  return { port, stop: () => app.close() };
}
