import type { ServerResponse } from 'node:http';
import type { StreamFrame } from '@millrace/endpoints';
import type { Clock, Timer } from '@millrace/runtime';

/** Server-sent events, at the pace of the client. */
export interface EventStream {
  /** Sends events and waits until the client can take more. @throws the signal's reason */
  send(frames: readonly StreamFrame[]): Promise<void>;
  /** Sends events without waiting. @returns whether the client can take more */
  write(frames: readonly StreamFrame[]): boolean;
  end(): void;
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function openEventStream(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  options: { readonly clock: Clock; readonly keepAliveMs: number; readonly signal: AbortSignal },
): EventStream {
  const { clock, keepAliveMs, signal } = options;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    ...headers,
  });
  response.flushHeaders();
  let timer: Timer;
  const rest = (): void => {
    timer = clock.setTimer(keepAliveMs, () => {
      if (response.closed) return;
      if (!response.writableNeedDrain) response.write(': keep-alive\n\n');
      rest();
    });
  };
  rest();
  response.once('close', () => timer.cancel());
  const write = (frames: readonly StreamFrame[]): boolean => {
    timer.cancel();
    rest();
    return frames.length === 0 || response.write(frames.map(textOf).join(''));
  };
  return {
    async send(frames) {
      signal.throwIfAborted();
      if (!write(frames)) await drained(response, signal);
    },
    write,
    end() {
      timer.cancel();
      response.end();
    },
  };
}

function textOf({ event, data, id }: StreamFrame): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  const eventLine = event === undefined ? '' : `event: ${event}\n`;
  return `${idLine}${eventLine}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      response.off('drain', done);
      signal.removeEventListener('abort', done);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
