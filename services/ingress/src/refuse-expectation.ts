import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { bodyWithoutCode } from '@millrace/relay';

/** Refuses an `Expect` other than 100-continue (RFC 9110, 10.1.1), which Node would do without a body. */
export function refuseExpectations(server: Pick<Server, 'on'>): void {
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const body = JSON.stringify(bodyWithoutCode('Expect may only be 100-continue.', 'Expect'));
    response.writeHead(417, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    });
    response.end(body);
  });
}
