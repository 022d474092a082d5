import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { readWebhookUrl } from '@millrace/jobs';
import { lookUpPublic } from '@millrace/runtime';

export interface PostOptions {
  /** For all of it, from the look-up of the name to the end of the answer. */
  readonly timeoutMs: number;
  readonly allowsPrivate: boolean;
  readonly signal: AbortSignal;
}

/** Nothing of the answer is wanted but its status. */
const maxAnswerBytes = 64 * 1024;

/**
 * Posts once and follows no redirects. Of the addresses that a name has only public ones are connected to, those and no others
 * that a second look-up might find.
 *
 * @returns the status of the answer
 * @throws `invalid_value` for a URL that is not allowed; what went wrong on the way
 */
export async function postWebhook(
  text: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { timeoutMs, allowsPrivate, signal }: PostOptions,
): Promise<number> {
  const url = readWebhookUrl(text, 'webhook.url', allowsPrivate);
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(allowsPrivate ? {} : { lookup: lookUpPublic }),
    });
    let hasBegun = false;
    request.once('error', reject);
    // Without this Node drops the connection and says nothing, whatever the signal says later.
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('The receiver changed the protocol.'));
    });
    request.once('close', () => {
      if (!hasBegun) reject(new Error('The connection was closed without an answer.'));
    });
    request.once('response', (response) => {
      hasBegun = true;
      let bytes = 0;
      const done = (): void => resolve(response.statusCode ?? 0);
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes <= maxAnswerBytes) return;
        done();
        request.destroy();
      });
      response.once('end', done);
      response.once('error', reject);
      response.once('close', () => reject(new Error('The answer broke off.')));
    });
    request.end(body);
  });
}
