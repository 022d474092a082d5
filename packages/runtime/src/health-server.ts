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
  // Loaded here: who only reads settings or errors, as the command line does, starts in half the time without it.
  const { fastify } = await import('fastify');
  const app = fastify({ forceCloseConnections: true });
  await app.register(healthRoutes, options);
  const port = await listen(app, options);
  return { port, stop: () => app.close() };
}
