import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A webhook as it arrived. */
export interface ReceivedWebhook {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Takes webhooks on a port of this machine. */
export interface WebhookReceiver {
  readonly url: string;
  /** Waits for so many tries in all. @throws the signal's reason */
  received(count: number, signal: AbortSignal): Promise<readonly ReceivedWebhook[]>;
  stop(): Promise<void>;
}

/** @param refusals tries that are answered with 500 before any is taken */
export async function startWebhookReceiver({ refusals = 0 } = {}): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      received.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(received.length <= refusals ? 500 : 204).end();
      for (const look of waiting) look();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    async received(count, signal) {
      while (received.length < count) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const onAbort = (): void => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        waiting.add(resolve);
        try {
          await promise;
        } finally {
          waiting.delete(resolve);
          signal.removeEventListener('abort', onAbort);
        }
      }
      return received;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
