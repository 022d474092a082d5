import type { FastifyInstance } from 'fastify';

/** When a part of the API is no longer to be used, and when it ends. */
export interface Deprecation {
  /** Since when it is deprecated. */
  readonly since: Date;
  /** When it may stop to answer. */
  readonly sunset: Date;
  /** The path that takes its place. */
  readonly successor: string;
  /** Where it is explained. */
  readonly documentation?: string;
}

/** `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link` (RFC 8288), on every answer, errors included. */
export function deprecationHeaders({
  since,
  sunset,
  successor,
  documentation,
}: Deprecation): Readonly<Record<string, string>> {
  const links = [
    `<${successor}>; rel="successor-version"`,
    ...(documentation === undefined ? [] : [`<${documentation}>; rel="deprecation"`]),
  ];
  return {
    deprecation: `@${Math.floor(since.getTime() / 1_000)}`,
    sunset: sunset.toUTCString(),
    link: links.join(', '),
  };
}

/**
 * Mounts routes that are deprecated, in a context of their own: what is mounted beside them has no such headers.
 *
 * @param routes called with the instance that they are to be mounted on
 */
export async function mountDeprecated(
  app: FastifyInstance,
  deprecation: Deprecation,
  routes: (deprecated: FastifyInstance) => void,
): Promise<void> {
  const headers = deprecationHeaders(deprecation);
  await app.register(async (deprecated) => {
    deprecated.addHook('onRequest', async (_request, reply) => {
      reply.headers(headers);
    });
    routes(deprecated);
  });
}
