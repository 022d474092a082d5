import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { MillraceError, type Clock, type ErrorCode } from '@millrace/runtime';

/** What is asked, in the fields of `generate`. */
export interface PersistentPrompt {
  readonly prompt: string;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly seed?: number;
}

export interface PersistentAnswer {
  readonly requestId: string;
  readonly text: string;
  /** Number of chunks: their `seq` ran from 1 to this without a gap or a repetition. */
  readonly chunks: number;
  readonly finishReason: string;
  readonly usage: Readonly<Record<string, number>>;
  /** Connections that it took. */
  readonly connections: number;
}

export interface PersistentPromptOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onAccepted?: (requestId: string) => void;
  readonly onChunk?: (text: string, seq: number) => void;
  /** The connection was lost behind this chunk; 0: before the first. */
  readonly onLost?: (after: number) => void;
  readonly onResumed?: (after: number) => void;
}

interface ServerMessage {
  readonly type: string;
  readonly request_id?: string;
  readonly seq?: number;
  readonly text?: string;
  readonly finish_reason?: string;
  readonly usage?: Readonly<Record<string, number>>;
  readonly code?: string;
  readonly message?: string;
  readonly retryable?: boolean;
  readonly retry_after_ms?: number;
}

/** What is known of the request so far; it outlives the connections. */
interface Progress {
  requestId: string | undefined;
  text: string;
  seq: number;
}

type End =
  | { readonly kind: 'completed'; readonly message: ServerMessage }
  /** Nothing is lost: the same can be asked again. */
  | { readonly kind: 'interrupted'; readonly afterMs: number };

const pauseMs = 100;

/**
 * Asks over the WebSocket and does not let go: when the connection breaks it connects again, and goes on behind the last chunk
 * that it has (`resume`) or, when nothing was accepted yet, asks again under the same idempotency key.
 *
 * @throws the error that the server sent, unless it says that another try can succeed; `engine_failed` when chunks are missing,
 *   come twice or after the end; the signal's reason
 */
export async function persistentPrompt(
  prompt: PersistentPrompt,
  options: PersistentPromptOptions,
): Promise<PersistentAnswer> {
  const { clock, signal } = options;
  const idempotencyKey = randomUUID();
  const progress: Progress = { requestId: undefined, text: '', seq: 0 };
  let connections = 0;
  for (;;) {
    const { requestId, seq } = progress;
    const opening =
      requestId === undefined
        ? { type: 'generate', id: 'prompt', idempotency_key: idempotencyKey, ...prompt }
        : { type: 'resume', request_id: requestId, after: seq, id: 'prompt' };
    const before = connections;
    const end = await converse(opening, progress, options, () => {
      connections += 1;
      if (before > 0) options.onResumed?.(seq);
    });
    if (end.kind === 'completed') {
      const { finish_reason: finishReason = '', usage = {} } = end.message;
      if (end.message.seq !== progress.seq) throw outOfStep(progress.seq, end.message.seq);
      return {
        requestId: progress.requestId ?? '',
        text: progress.text,
        chunks: progress.seq,
        finishReason,
        usage,
        connections,
      };
    }
    if (connections > before) options.onLost?.(progress.seq);
    await clock.sleep(end.afterMs, signal);
  }
}

/** One connection, from its opening until it ends or says all. */
async function converse(
  opening: object,
  progress: Progress,
  options: PersistentPromptOptions,
  onReady: () => void,
): Promise<End> {
  const { url, apiKey, signal } = options;
  signal.throwIfAborted();
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/stream`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  const { promise, resolve, reject } = Promise.withResolvers<End>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const take = (message: ServerMessage): void => {
    if (message.type === 'ready') {
      onReady();
      socket.send(JSON.stringify(opening));
    } else if (message.type === 'accepted') {
      progress.requestId = message.request_id;
      options.onAccepted?.(message.request_id ?? '');
    } else if (message.type === 'chunk') {
      if (message.seq !== progress.seq + 1) throw outOfStep(progress.seq, message.seq);
      progress.seq += 1;
      progress.text += message.text ?? '';
      options.onChunk?.(message.text ?? '', progress.seq);
    } else if (message.type === 'completed') {
      resolve({ kind: 'completed', message });
    } else if (message.type === 'error') {
      if (!isPassing(message)) throw errorOf(message);
      resolve({ kind: 'interrupted', afterMs: message.retry_after_ms ?? pauseMs });
    }
  };
  socket.on('message', (data: Buffer) => {
    try {
      take(JSON.parse(data.toString('utf8')) as ServerMessage);
    } catch (error) {
      reject(error);
    }
  });
  // An error is followed by the close.
  socket.on('error', () => undefined);
  socket.on('close', () => resolve({ kind: 'interrupted', afterMs: pauseMs }));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners('message');
    socket.terminate();
  }
}

/** An error with a `seq` is the end of the request itself. */
function isPassing({ retryable, seq }: ServerMessage): boolean {
  return retryable === true && seq === undefined;
}

function errorOf({ code, message }: ServerMessage): MillraceError {
  return new MillraceError(
    (code ?? 'internal_error') as ErrorCode,
    message ?? 'The server sent an error without a message.',
  );
}

function outOfStep(last: number, seq: number | undefined): MillraceError {
  return new MillraceError('engine_failed', `Behind chunk ${last} came number ${seq ?? 'none'}.`);
}
