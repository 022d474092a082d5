import type { IncomingHttpHeaders } from 'node:http';

/** The subprotocol of this version, the only one that the server ever names. */
export const subprotocol = 'millrace.v1';

const bearerProtocol = 'millrace.bearer.';

/** The credential of an upgrade request: `Authorization: Bearer`, or for browsers a subprotocol `millrace.bearer.<key>`. */
export function credentialOf(headers: IncomingHttpHeaders): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const named = offeredProtocols(headers).find((name) => name.startsWith(bearerProtocol));
  return named?.slice(bearerProtocol.length);
}

/** The subprotocols that an upgrade request offers. */
export function offeredProtocols(headers: IncomingHttpHeaders): readonly string[] {
  return headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
}
