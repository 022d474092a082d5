import { WebSocket } from 'ws';
import { MillraceError, type ErrorCode } from '@millrace/runtime';

export interface StreamedAnswer {
  readonly requestId: string;
  readonly text: string;
  readonly finishReason: string;
  readonly usage: Readonly<Record<string, number>>;
  readonly timings: Readonly<Record<string, number | null>>;
}

interface ServerMessage {
  readonly type: string;
  readonly request_id?: string;
  readonly text?: string;
  readonly finish_reason?: string;
  readonly usage?: Readonly<Record<string, number>>;
  readonly timings?: Readonly<Record<string, number | null>>;
  readonly code?: string;
  readonly message?: string;
}

/**
 * Sends one prompt over the WebSocket, like any client.
 *
 * @param onText called with each piece of the answer as it arrives
 * @throws the error that the server sent; `unavailable` when the connection breaks
 */
export async function streamPrompt(
  target: { readonly url: string; readonly apiKey: string },
  prompt: string,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<StreamedAnswer> {
  const socket = new WebSocket(`${target.url.replace(/^http/, 'ws')}/v1/stream`, {
    headers: { authorization: `Bearer ${target.apiKey}` },
  });
  const answer = Promise.withResolvers<StreamedAnswer>();
  let requestId = '';
  let text = '';
  const abort = (): void => answer.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  socket.on('open', () =>
    socket.send(JSON.stringify({ type: 'generate', id: 'once', prompt, temperature: 0 })),
  );
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as ServerMessage;
    if (message.type === 'accepted') requestId = message.request_id ?? '';
    if (message.type === 'chunk') {
      text += message.text ?? '';
      onText(message.text ?? '');
    }
    if (message.type === 'completed') {
      const { finish_reason: finishReason = '', usage = {}, timings = {} } = message;
      answer.resolve({ requestId, text, finishReason, usage, timings });
    }
    if (message.type === 'error') {
      answer.reject(
        new MillraceError(
          (message.code ?? 'internal_error') as ErrorCode,
          message.message ?? 'The server sent an error.',
        ),
      );
    }
  });
  socket.on('error', (cause) =>
    answer.reject(new MillraceError('unavailable', 'The connection broke.', { cause })),
  );
  socket.on('close', () =>
    answer.reject(
      new MillraceError('unavailable', 'The connection was closed before the answer was complete.'),
    ),
  );
  try {
    return await answer.promise;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.close();
  }
}
