import { toStreamedError } from './api-error.ts';
import type { AnswerStart } from './answer-start.ts';
import type { AnswerEvent } from './answers.ts';
import { MillraceApiError, MillraceConnectionError } from './errors.ts';
import type { Retries } from './retries.ts';
import type { SharedSocket } from './shared-socket.ts';
import type { SocketConnection } from './socket-connection.ts';

export interface SocketAnswerOptions {
  readonly retries: Retries;
  readonly signal?: AbortSignal | undefined;
  /** Stops the request of this key where no connection is there to say so. */
  readonly cancel: (idempotencyKey: string) => void;
}

/** What one connection gave: it goes on with the next one, or it is over. */
type Passed = 'ended' | 'again';

/**
 * An answer over the WebSocket, which goes on behind the last chunk when the connection breaks. Who leaves before the end cancels
 * a request of its own.
 *
 * @throws MillraceApiError, MillraceConnectionError, the signal's reason
 */
export async function* socketAnswer(
  shared: SharedSocket,
  start: AnswerStart,
  { retries, signal, cancel }: SocketAnswerOptions,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const state = new AnswerState(start);
  let socket = shared;
  let id = '';
  let connection: SocketConnection | undefined;
  try {
    for (;;) {
      try {
        const lease = await socket.lease(signal);
        try {
          id = socket.nextId();
          ({ connection } = lease);
          const passed = yield* onConnection(connection, id, state, retries, signal);
          if (passed === 'ended') return;
        } finally {
          lease.release();
        }
      } catch (error) {
        if (isReadAlready(error) && !('operation' in start)) {
          state.isEnded = false;
          socket = socket.aside();
          continue;
        }
        if (state.isEnded) throw error;
        await retries.after(error, signal);
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) state.isEnded = true;
    throw error;
  } finally {
    if (!state.isEnded && 'idempotencyKey' in start) {
      if (connection?.isOpen === true) connection.send({ type: 'cancel', id });
      else cancel(start.idempotencyKey);
    }
  }
}

/** Another stream of this connection reads the same request. */
function isReadAlready(error: unknown): boolean {
  return error instanceof MillraceApiError && error.code === 'duplicate_id' && error.param === 'request_id';
}

async function* onConnection(
  connection: SocketConnection,
  id: string,
  state: AnswerState,
  retries: Retries,
  signal: AbortSignal | undefined,
): AsyncGenerator<AnswerEvent, Passed, undefined> {
  const channel = connection.attach(id);
  try {
    connection.send(state.opening(id));
    for (;;) {
      const message = await channel.take(signal);
      if (message === 'gap') return 'again';
      switch (message.type) {
        case 'accepted':
          if (state.accept(message.request_id)) yield { type: 'accepted', request_id: message.request_id };
          break;
        case 'chunk': {
          const { id: _id, request_id: _requestId, ...chunk } = message;
          if (chunk.seq <= state.after) break;
          if (chunk.seq !== state.after + 1) {
            // All streams of the connection resume on another one.
            connection.close();
            throw new MillraceConnectionError('A chunk is missing.');
          }
          state.after = chunk.seq;
          retries.progress();
          yield chunk;
          break;
        }
        case 'completed': {
          const { id: _id, ...completed } = message;
          state.isEnded = true;
          yield completed;
          return 'ended';
        }
        case 'error': {
          const error = toStreamedError(message, message.request_id ?? state.requestId);
          // With a seq it is the end of the request; without one the request may run on.
          if (!error.retryable) state.isEnded = true;
          else if (error.seq !== undefined) state.isEnded = !state.startOver();
          throw error;
        }
      }
    }
  } finally {
    connection.detach(id);
  }
}

/** How far an answer has come. */
class AnswerState {
  isEnded = false;
  /** Number of the last chunk. */
  after: number;
  readonly #start: AnswerStart;
  #requestId: string | undefined;

  constructor(start: AnswerStart) {
    this.#start = start;
    this.#requestId = 'requestId' in start ? start.requestId : undefined;
    this.after = 'requestId' in start ? start.after : 0;
  }

  get requestId(): string | undefined {
    return this.#requestId;
  }

  /** The message that begins or resumes the answer. */
  opening(id: string): object {
    const receipt = this.#start.receipt ? { receipt: true } : {};
    if (this.#requestId !== undefined)
      return { type: 'resume', id, request_id: this.#requestId, after: this.after, ...receipt };
    const { operation, body, idempotencyKey } = this.#start as Extract<
      AnswerStart,
      { readonly operation: string }
    >;
    return { ...body, type: operation, id, idempotency_key: idempotencyKey, ...receipt };
  }

  /** @returns whether that is news */
  accept(requestId: string): boolean {
    if (this.#requestId !== undefined) return false;
    this.#requestId = requestId;
    return true;
  }

  /** Where nothing of the answer is out yet, the request is made anew under its key. @returns whether that can be */
  startOver(): boolean {
    if (this.after > 0 || !('operation' in this.#start)) return false;
    this.#requestId = undefined;
    return true;
  }
}
