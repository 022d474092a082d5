import { toApiError } from './api-error.ts';
import { MillraceApiError, MillraceConnectionError } from './errors.ts';
import { Retries, type RetryOptions } from './retries.ts';

export interface HttpApiOptions {
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiKey: string;
  readonly fetch: typeof globalThis.fetch;
  readonly retry: RetryOptions;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Requests to the HTTP API. */
export class HttpApi {
  readonly #options: HttpApiOptions;

  constructor(options: HttpApiOptions) {
    this.#options = options;
  }

  retries(): Retries {
    return new Retries(this.#options.retry);
  }

  /**
   * Sends a request once.
   *
   * @returns the response, whose body is not read yet
   * @throws MillraceApiError, MillraceConnectionError, the signal's reason
   */
  async open({ method, path, body, headers = {}, signal }: HttpRequest): Promise<Response> {
    const { url, apiKey, fetch } = this.#options;
    const response = await this.#reaching(signal, () =>
      fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    if (response.ok) return response;
    const text = await this.#reaching(signal, () => response.text());
    throw toApiError(response, text);
  }

  /**
   * Sends a request, again where that makes sense, until it is answered. A request that changes something needs an
   * `Idempotency-Key` among its headers.
   *
   * @throws MillraceApiError, MillraceConnectionError, the signal's reason
   */
  async json<Answer>(request: HttpRequest): Promise<Answer> {
    const retries = this.retries();
    for (;;) {
      try {
        const response = await this.open(request);
        return await this.#reaching(request.signal, async () => (await response.json()) as Answer);
      } catch (error) {
        await retries.after(error, request.signal);
      }
    }
  }

  /** Stops the request of this key, as well as that can be done: the caller waits for nothing. */
  cancel(idempotencyKey: string): void {
    const request = {
      method: 'POST',
      path: '/v1/requests/cancel',
      body: { idempotency_key: idempotencyKey },
    } as const;
    this.json(request).catch(() => {
      // It has ended, or ends at its deadline.
    });
  }

  async #reaching<Value>(signal: AbortSignal | undefined, act: () => Promise<Value>): Promise<Value> {
    try {
      return await act();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof MillraceApiError) throw error;
      throw new MillraceConnectionError('The platform could not be reached.', { cause: error });
    }
  }
}
