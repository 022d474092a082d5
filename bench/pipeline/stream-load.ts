import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Target } from './target.ts';

export interface StreamLoad {
  /** From `generate` to the first chunk of each request, milliseconds. */
  readonly firstChunkMs: readonly number[];
  readonly requests: number;
  readonly chunks: number;
  readonly seconds: number;
}

export interface StreamLoadOptions extends Target {
  readonly connections: number;
  /** Of all connections together; each has one request in flight. */
  readonly requests: number;
  /** Between an answer and the next request of its connection. */
  readonly pauseMs: number;
}

/** Asks over WebSockets, each time when the answer before it is there. @throws on any error that the server sends */
export async function runStreamLoad({
  url,
  apiKey,
  connections,
  requests,
  pauseMs,
}: StreamLoadOptions): Promise<StreamLoad> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(url, apiKey)));
  const firstChunkMs: number[] = [];
  let chunks = 0;
  let left = requests;
  const startedAt = performance.now();
  await Promise.all(
    sockets.map(async (socket) => {
      while (left > 0) {
        left -= 1;
        const answer = await ask(socket);
        firstChunkMs.push(answer.firstChunkMs);
        chunks += answer.chunks;
        if (pauseMs > 0) await setTimeout(pauseMs);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const socket of sockets) socket.close();
  return { firstChunkMs, requests, chunks, seconds };
}

async function open(url: string, apiKey: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/u, 'ws')}/v1/stream`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  await once(socket, 'message');
  return socket;
}

function ask(socket: WebSocket): Promise<{ firstChunkMs: number; chunks: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ firstChunkMs: number; chunks: number }>();
  let firstChunkMs = Number.NaN;
  let chunks = 0;
  const sentAt = performance.now();
  const onMessage = (data: Buffer): void => {
    const message = JSON.parse(data.toString('utf8')) as { type: string; message?: string };
    if (message.type === 'chunk') {
      chunks += 1;
      if (chunks === 1) firstChunkMs = performance.now() - sentAt;
    } else if (message.type === 'completed') resolve({ firstChunkMs, chunks });
    else if (message.type === 'error') reject(new Error(message.message));
  };
  const onClose = (): void => reject(new Error('The gateway closed the connection.'));
  socket.on('message', onMessage);
  socket.once('close', onClose);
  socket.send(
    JSON.stringify({ type: 'generate', id: 'bench', prompt: 'Say what foxes do.', max_tokens: 64 }),
  );
  return promise.finally(() => {
    socket.off('message', onMessage);
    socket.off('close', onClose);
  });
}
