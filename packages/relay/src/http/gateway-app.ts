import cors from '@fastify/cors';
import { fastify, type FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { MillraceError, type Clock, type Logger, type Stoppable } from '@millrace/runtime';
import type { Drain } from './drain.ts';
import { refuseWhileDraining } from './drain-hook.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { httpErrors } from './http-errors.ts';
import { readTls, renewTls } from './tls-files.ts';

/** How long a client may take to agree on a connection, in milliseconds. */
const handshakeTimeout = 10_000;

/** How often connections are looked at that take too long. */
const checkIntervalMs = 1_000;

/** What a page of another origin may see of an answer. */
const exposedHeaders = [
  'x-request-id',
  'x-millrace-cache',
  'x-millrace-cost',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'deprecation',
  'sunset',
  'link',
];

/**
 * An app with the limits, headers and end that all gateways have.
 *
 * @throws `config_invalid` for an origin, a proxy or a certificate that is none
 */
export async function createGatewayApp(
  settings: GatewaySettings,
  drain: Drain,
  logger: Logger,
): Promise<FastifyInstance> {
  const tls = await readTls(settings);
  const server = {
    maxHeaderSize: settings.maxHeaderBytes,
    headersTimeout: Math.min(settings.headersTimeoutMs, settings.receiveTimeoutMs),
    connectionsCheckingInterval: Math.min(checkIntervalMs, settings.headersTimeoutMs),
  };
  const app = fastify({
    ...httpErrors,
    forceCloseConnections: 'idle',
    requestTimeout: settings.receiveTimeoutMs,
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    maxRequestsPerSocket: settings.maxRequestsPerConnection,
    trustProxy: settings.trustedProxies.length === 0 ? false : proxiesOf(settings.trustedProxies),
    ...(tls === undefined ? { http: server } : { https: { ...server, ...tls, handshakeTimeout } }),
  }) as FastifyInstance;
  if (tls !== undefined) renewTls(app, settings, tls, logger);
  app.server.maxConnections = settings.maxHttpConnections;
  const headers = securityHeaders(settings);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  app.addHook('onRequest', (_request, reply, done) => {
    cutOffWhoTakesNothing(reply.raw, settings.sendTimeoutMs);
    done();
  });
  refuseWhileDraining(app, drain);
  if (settings.corsOrigins.length > 0) {
    await app.register(cors, {
      origin: originsOf(settings.corsOrigins),
      credentials: false,
      methods: ['GET', 'POST', 'DELETE'],
      exposedHeaders,
      maxAge: 600,
    });
  }
  return app;
}

/** One that waits for an answer is left alone; one for whom it is there, and who does not take it, holds a connection for nothing. */
function cutOffWhoTakesNothing(response: ServerResponse, limitMs: number): void {
  response.setTimeout(limitMs);
  response.on('timeout', (socket: Socket) => {
    if (socket.writableLength > 0) socket.destroy();
  });
}

/** Of an API, whose answers are nobody's but the client's; a route that has a page says otherwise. */
function securityHeaders({ hstsMaxAgeMs }: GatewaySettings): Readonly<Record<string, string>> {
  return {
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(hstsMaxAgeMs === 0
      ? {}
      : { 'strict-transport-security': `max-age=${Math.floor(hstsMaxAgeMs / 1_000)}` }),
  };
}

function originsOf(origins: readonly string[]): '*' | string[] {
  if (origins.includes('*')) return '*';
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new MillraceError(
      'config_invalid',
      `MILLRACE_CORS_ORIGINS has ${JSON.stringify(origin)}: it must be an origin such as https://app.example.com, or *`,
      { param: 'MILLRACE_CORS_ORIGINS' },
    );
  }
  return [...origins];
}

const namedNetworks: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);

function proxiesOf(proxies: readonly string[]): string[] {
  for (const proxy of proxies) {
    const [, address = '', bits = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(proxy) ?? [];
    const mostBits = isIP(address) === 6 ? 128 : 32;
    if (namedNetworks.has(proxy) || (isIP(address) !== 0 && Number(bits) <= mostBits)) continue;
    throw new MillraceError(
      'config_invalid',
      `MILLRACE_TRUSTED_PROXIES has ${JSON.stringify(proxy)}: it must be an address or a network such as 10.0.0.0/8`,
      { param: 'MILLRACE_TRUSTED_PROXIES' },
    );
  }
  return [...proxies];
}

/** How long clients may take to read the end of their answers when the gateway stops. */
const closeLimitMs = 2_000;

/** Closes an app: connections that are still in use after a while are cut. */
export function closingOf(app: FastifyInstance, clock: Clock): Stoppable {
  return {
    async stop() {
      const limit = clock.setTimer(closeLimitMs, () => app.server.closeAllConnections());
      await app.close();
      limit.cancel();
    },
  };
}
