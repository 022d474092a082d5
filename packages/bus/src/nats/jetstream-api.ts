import { MillraceError, type Clock } from '@millrace/runtime';
import type { Connection } from './connection.ts';
import { pauseBeforeRetry } from './pause.ts';
import type { ReplyInbox } from './reply-inbox.ts';
import { isPassing, type ServerFailure } from './server-errors.ts';

export type ApiAnswer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: ServerFailure };

/** Requests to `$JS.API`, all of which may be repeated. */
export interface JetStreamApi {
  /**
   * Asks again while there is no answer, for up to 30 s.
   * @throws MillraceError unavailable; the signal's reason
   */
  ask<Value>(operation: string, body: unknown, options?: ApiOptions): Promise<ApiAnswer<Value>>;
}

export interface ApiOptions {
  readonly signal?: AbortSignal | undefined;
  readonly retryForMs?: number;
}

const attemptTimeoutMs = 5_000;
const never = new AbortController().signal;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function createJetStreamApi(connection: Connection, inbox: ReplyInbox, clock: Clock): JetStreamApi {
  return {
    async ask<Value>(operation: string, body: unknown, options: ApiOptions = {}): Promise<ApiAnswer<Value>> {
      const { signal = never, retryForMs = 30_000 } = options;
      const payload = encoder.encode(body === undefined ? '' : JSON.stringify(body));
      const startMs = clock.monotonicMs();
      const leftMs = (): number => startMs + retryForMs - clock.monotonicMs();
      for (let attempt = 0; ; attempt++) {
        if (!connection.connected && !(await connection.whenConnected(leftMs(), signal)))
          throw new MillraceError('unavailable', `No nats-server can be reached at ${connection.address}`);
        const reply = await inbox.request(`$JS.API.${operation}`, payload, {
          timeoutMs: attemptTimeoutMs,
          signal,
        });
        if (typeof reply !== 'string') {
          const answer: Value & { error?: ServerFailure } = JSON.parse(decoder.decode(reply.data));
          if (answer.error === undefined) return { ok: true, value: answer };
          if (!isPassing(answer.error) || leftMs() <= 0) return { ok: false, failure: answer.error };
        } else if (leftMs() <= 0) {
          throw new MillraceError(
            'unavailable',
            `The nats-server at ${connection.address} does not answer (${reply})`,
          );
        }
        await pauseBeforeRetry(attempt, clock, signal);
      }
    },
  };
}
