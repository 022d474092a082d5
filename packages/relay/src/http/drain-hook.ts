import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Drain } from './drain.ts';
import { toErrorBody } from './error-body.ts';

/** Whoever watches over the process is answered to its end. */
const watched: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** Every request but those of health counts as begun until its response has ended; while the gateway drains it is refused. */
export function refuseWhileDraining(app: FastifyInstance, drain: Drain): void {
  app.addHook('onRequest', async (request, reply) => {
    if (watched.has(request.url)) return undefined;
    const { draining } = drain;
    if (draining.aborted) {
      const error = draining.reason as Parameters<typeof toErrorBody>[0];
      return reply
        .code(503)
        .headers({ connection: 'close', 'retry-after': '1', 'retry-after-ms': '1000' })
        .send(toErrorBody(error));
    }
    // A WebSocket looks after its requests itself.
    if (!isUpgrade(request)) reply.raw.once('close', drain.begin());
    return undefined;
  });
}

function isUpgrade({ headers }: FastifyRequest): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}
