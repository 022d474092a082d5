import CircuitBreaker from 'opossum';
import { MillraceError, type Clock, type Stoppable, type Timer } from '@millrace/runtime';
import { failed } from './failed.ts';
import type { Provider } from './provider.ts';
import type { UpstreamCall } from './upstream-call.ts';
import type { UpstreamEvent } from './upstream-event.ts';

/** Calls one provider. */
export interface Upstream extends Stoppable {
  /**
   * Asks for an answer, again where that may help and none has begun.
   *
   * @returns its events, once it has begun
   * @throws `provider_failed`; at once while the breaker is open; the signal's reason
   */
  ask(call: UpstreamCall, signal: AbortSignal): Promise<AsyncGenerator<UpstreamEvent, void, undefined>>;
}

/** After so many failures in a row of calls, half of which failed, none are made for a while. */
const breakerOptions = {
  timeout: false,
  volumeThreshold: 5,
  errorThresholdPercentage: 50,
  resetTimeout: 10_000,
  // What the request itself is to blame for says nothing of the provider.
  errorFilter: (error: unknown): boolean => error instanceof MillraceError && !error.retryable,
} as const;

const retryable: ReadonlySet<number> = new Set([408, 409, 425, 429]);
const firstRetryMs = 250;
const longestRetryMs = 10_000;
/** How long an answer may take to end that has said that it does. */
const closingMs = 1_000;

/** One for all: an abort without a reason makes an error with a stack each time. */
const silent = new Error('silent for too long');

interface UpstreamDependencies {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly jitter: () => number;
  /** Called with each state that the breaker goes to. */
  readonly onBreaker: (state: 'open' | 'closed') => void;
}

export function createUpstream(
  provider: Provider,
  { clock, jitter, onBreaker }: UpstreamDependencies,
): Upstream {
  const breaker = new CircuitBreaker(
    (call: UpstreamCall, signal: AbortSignal) => begin(provider, call, signal, clock),
    { ...breakerOptions, name: provider.name },
  );
  breaker.on('open', () => onBreaker('open'));
  breaker.on('close', () => onBreaker('closed'));

  const pauseMs = (attempt: number, error: MillraceError): number =>
    error.retryAfterMs ?? Math.min(longestRetryMs, firstRetryMs * 2 ** attempt) * (0.5 + jitter() / 2);

  return {
    async ask(call, signal) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await breaker.fire(call, signal);
        } catch (cause) {
          signal.throwIfAborted();
          const error = CircuitBreaker.isOurError(cause as Error)
            ? failed('it has failed too often lately', { cause })
            : MillraceError.from(cause);
          const isLast = attempt >= provider.retries || breaker.opened || !error.retryable;
          if (isLast || error.code !== 'provider_failed') throw error;
          await clock.sleep(pauseMs(attempt, error), signal);
        }
      }
    },
    async stop() {
      breaker.shutdown();
    },
  };
}

/** Sends the request and waits for the first event of the answer. */
async function begin(
  { baseUrl, key, headers, firstTokenTimeoutMs, idleTimeoutMs }: Provider,
  { path, body, accept, read }: UpstreamCall,
  signal: AbortSignal,
  clock: Clock,
): Promise<AsyncGenerator<UpstreamEvent, void, undefined>> {
  const silence = new AbortController();
  const watch = (limitMs: number) => clock.setTimer(limitMs, () => silence.abort(silent));
  let timer = watch(firstTokenTimeoutMs);
  const explain = (error: unknown): unknown => {
    signal.throwIfAborted();
    if (silence.signal.aborted) return failed('it did not answer in time', { cause: error });
    return error instanceof MillraceError
      ? error
      : failed('it could not be reached, or broke off', { cause: error });
  };
  try {
    const response = await fetch(`${baseUrl}${path}`, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        accept,
        ...(key === undefined ? {} : { authorization: `Bearer ${key.reveal()}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, silence.signal]),
      redirect: 'error',
    });
    if (!response.ok) throw await refusal(response);
    if (response.body === null || !isOfType(response, accept)) {
      await response.body?.cancel();
      throw failed(`it answered with something else than ${accept}`);
    }
    const pieces = response.body[Symbol.asyncIterator]();
    const events = read(pieces);
    const first = await events.next().catch(async (error: unknown) => {
      await pieces.return?.();
      throw error;
    });
    return (async function* rest() {
      let isWhole = false;
      try {
        for (let next = first; next.done !== true; next = await events.next()) {
          timer.cancel();
          yield next.value;
          timer = watch(idleTimeoutMs);
        }
        isWhole = true;
      } catch (error) {
        throw explain(error);
      } finally {
        timer.cancel();
        if (isWhole) void readToEnd(pieces, watch(closingMs));
        // Ends the connection.
        else await pieces.return?.();
      }
    })();
  } catch (error) {
    timer.cancel();
    throw explain(error);
  }
}

function isOfType({ headers }: Response, type: string): boolean {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() === type;
}

/**
 * Reads what comes behind `[DONE]`, which is the end of the body: a connection whose answer was read to its end serves the next request.
 *
 * @param timer ends the connection
 */
async function readToEnd(pieces: AsyncIterator<Uint8Array>, timer: Timer): Promise<void> {
  try {
    let next = await pieces.next();
    while (next.done !== true) next = await pieces.next();
  } catch {
    // The answer is whole: how its connection ended says nothing more.
  } finally {
    timer.cancel();
  }
}

/** What the status says. The body is not shown: it may repeat the request. */
async function refusal(response: Response): Promise<MillraceError> {
  const { status, headers } = response;
  await response.body?.cancel();
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(milliseconds)
    ? milliseconds
    : Number.isFinite(seconds)
      ? seconds * 1_000
      : undefined;
  const isRetryable = retryable.has(status) || status >= 500;
  return new MillraceError(
    'provider_failed',
    `The provider of the model answered with the status ${status}.`,
    {
      retryable: isRetryable,
      retryAfterMs: retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, longestRetryMs),
    },
  );
}
