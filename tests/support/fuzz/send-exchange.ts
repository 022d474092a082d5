import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FuzzedExchange } from './fuzzed-exchange.ts';
import { readResponses, type RawResponse } from './http-responses.ts';

export interface ExchangeEnd {
  readonly responses: readonly RawResponse[];
  /** Bytes behind the last whole response. */
  readonly restBytes: number;
  /** Whether the server closed the connection before all had been answered. */
  readonly isClosed: boolean;
}

/**
 * Writes an exchange to a connection of its own, and reads what comes back until all is answered or the server closes.
 *
 * @param signal ends what hangs
 * @throws where what comes back is no HTTP
 */
export async function sendExchange(
  { port, ...exchange }: FuzzedExchange & { readonly port: number },
  signal: AbortSignal,
): Promise<ExchangeEnd> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const abort = (): void => void socket.destroy(new Error('The exchange was not over in time.'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    await once(socket, 'connect');
    if (exchange.ends) socket.end(exchange.bytes);
    else socket.write(exchange.bytes);
    return await read(socket, exchange);
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

async function read(socket: Socket, { methods, whole, ends }: FuzzedExchange): Promise<ExchangeEnd> {
  let received = Buffer.alloc(0);
  try {
    for await (const piece of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, piece]);
      const { responses, rest } = readResponses(received, methods, false);
      if (!ends && responses.length >= whole) return { responses, restBytes: rest.length, isClosed: false };
    }
  } catch (error) {
    // The server need not read on where nothing that comes could be right.
    if (!(error instanceof Error && 'code' in error && isReset(error.code))) throw error;
  }
  const { responses, rest } = readResponses(received, methods, true);
  return { responses, restBytes: rest.length, isClosed: true };
}

function isReset(code: unknown): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}
