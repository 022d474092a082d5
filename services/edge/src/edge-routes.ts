import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { createConsent } from '@millrace/personal-data';
import type { Drain, Relay } from '@millrace/relay';
import { coalesceWrites, type Clock, type Logger, type Metrics } from '@millrace/runtime';
import type { EdgeSettings } from './config.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { serveConnection, type Connection, type ConnectionContext } from './connection.ts';
import { subprotocol } from './credential.ts';
import { createEdgeMetrics } from './edge-metrics.ts';
import { tooManyConnections } from './errors.ts';
import { closeCodes } from './protocol/close-codes.ts';
import { createMessageReader } from './protocol/read-client-message.ts';
import { requireSubprotocol } from './subprotocol-required.ts';
import { sendUpgradeRequired } from './upgrade-required.ts';

export interface EdgeRoutesOptions {
  readonly relay: Relay;
  readonly drain: Drain;
  readonly settings: EdgeSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What training examples are kept with. */
  readonly access?: Parameters<typeof createConsent>[0]['access'];
}

/** How long clients may take to answer the close frame when the gateway stops. */
const closeLimitMs = 1_000;

/**
 * A fastify plugin with the WebSocket at `/v1/stream`. Register it on the root and before other routes: an upgrade that asks
 * for one of those is then turned away. Closing the app closes the connections with 1001.
 */
export async function edgeRoutes(app: FastifyInstance, options: EdgeRoutesOptions): Promise<void> {
  const { relay, drain, settings, clock, logger } = options;
  const edgeMetrics = createEdgeMetrics(options.metrics);
  const context: ConnectionContext = {
    relay,
    drain,
    settings,
    clock,
    logger,
    edgeMetrics,
    consent: createConsent({
      relay,
      access: options.access,
      clock,
      onError: (error, requestId) =>
        logger.error({ error, requestId }, 'a training example could not be kept'),
    }),
    readMessage: createMessageReader(),
  };
  const connections = new Set<Connection>();
  const revocations = relay.onRevoked((keyId) => {
    for (const connection of connections) connection.revoke(keyId);
  });
  const changes = relay.onKeyChanged((keyId) => {
    for (const connection of connections) connection.renew(keyId);
  });
  const bars = relay.onBarred((bar) => {
    for (const connection of connections) connection.bar(bar);
  });

  const leaveAll = (): void => {
    for (const connection of connections) connection.leave();
  };
  drain.draining.addEventListener('abort', leaveAll, { once: true });

  const closeAll = async (): Promise<void> => {
    await revocations.stop();
    await changes.stop();
    await bars.stop();
    for (const connection of connections) connection.end(closeCodes.goingAway);
    const timer = clock.setTimer(closeLimitMs, () => {
      for (const socket of app.websocketServer.clients) socket.terminate();
    });
    await Promise.all([...connections].map(({ finished }) => finished));
    timer.cancel();
    await new Promise<void>((resolve) => {
      app.websocketServer.close(() => resolve());
    });
  };

  await app.register(websocket, {
    options: {
      maxPayload: settings.maxFrameBytes,
      perMessageDeflate: false,
      clientTracking: true,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    },
    // The server library has sent the close frame that belongs to the error.
    errorHandler: (error) => logger.debug({ error }, 'a connection failed'),
    preClose(done) {
      closeAll().then(
        () => done(),
        (error: unknown) => {
          logger.error({ error }, 'the connections did not close');
          done();
        },
      );
    },
  });

  const onUpgrade = (socket: WebSocket, request: FastifyRequest): void => {
    coalesceWrites(request.raw.socket);
    const connection = serveConnection(socket, { headers: request.headers, address: request.ip }, context);
    if (connections.size >= settings.maxConnections)
      connection.end(closeCodes.tryAgainLater, tooManyConnections());
    connections.add(connection);
    edgeMetrics.connections(1);
    connection.finished
      .catch((error: unknown) => logger.error({ error }, 'a connection did not end well'))
      .finally(() => {
        connections.delete(connection);
        edgeMetrics.connections(-1);
      });
  };
  app.route({
    method: 'GET',
    url: '/v1/stream',
    preValidation: requireSubprotocol,
    handler: sendUpgradeRequired,
    wsHandler: onUpgrade,
  });
  const document = JSON.stringify(asyncApiDocument());
  app.get('/asyncapi.json', (_request, reply) =>
    reply
      .header('cache-control', 'public, max-age=3600')
      .type('application/json; charset=utf-8')
      .send(document),
  );
}

// Fastify's mark for plugins that work on the instance that they are registered on.
Object.defineProperty(edgeRoutes, Symbol.for('skip-override'), { value: true });
