import type { IncomingHttpHeaders } from 'node:http';

/** The credential of `Authorization: Bearer`. */
export function bearerOf({ authorization }: Pick<IncomingHttpHeaders, 'authorization'>): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}
