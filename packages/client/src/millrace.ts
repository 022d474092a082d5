import type { AnswerStart } from './answer-start.ts';
import type { AnswerEvent, Answers, Model, Receipt } from './answers.ts';
import { httpAnswer } from './http-answer.ts';
import { HttpApi } from './http-api.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { receiptHeader } from './receipt-header.ts';
import type {
  ClassifyRequest,
  EmbedRequest,
  GenerateRequest,
  Operation,
  Requests,
  StreamedOperation,
  SummarizeRequest,
  TranslateRequest,
} from './requests.ts';
import { SharedSocket } from './shared-socket.ts';
import { socketAnswer } from './socket-answer.ts';
import { globalWebSocket, type WebSocketConstructor } from './web-socket.ts';

export type Transport = 'websocket' | 'sse';

export interface MillraceOptions {
  /** Of the platform: `https://llm.example.com`. */
  readonly url: string;
  /** Where the WebSocket is, if that is elsewhere: `wss://…` or `https://…`. */
  readonly webSocketUrl?: string;
  readonly apiKey: string;
  /** By default the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** By default the global one, which browsers and Node from version 22 on have. */
  readonly WebSocket?: WebSocketConstructor;
  /** Of streams; by default `websocket` where there is one, else `sse`. */
  readonly transport?: Transport;
  /** Tries in a row that bring nothing new, beyond the first one; by default 8, which is about half a minute. */
  readonly maxRetries?: number;
  /** Longest wait before the first retry; it doubles with each, up to 32 times as long. By default 250. */
  readonly retryDelayMs?: number;
  /** Without a sign of life for so long an event stream counts as broken; by default 60,000. The server sends one every 15 s. */
  readonly silenceLimitMs?: number;
}

export interface RequestOptions {
  /** Aborting it cancels the request. */
  readonly signal?: AbortSignal;
  /** The same key and request within 24 hours is the same request. By default a new one for each call. */
  readonly idempotencyKey?: string;
  /** Whether the answer has the signed receipt of its request, for which it waits at most 5 s behind its text; by default false. */
  readonly receipt?: boolean;
}

export interface StreamOptions extends RequestOptions {
  readonly transport?: Transport;
}

export interface FollowOptions {
  /** Number of the last chunk that is known already; by default 0. */
  readonly after?: number;
  /** Whether its end has the signed receipt of the request; by default false. */
  readonly receipt?: boolean;
  /** Aborting it leaves the request running. */
  readonly signal?: AbortSignal;
  readonly transport?: Transport;
}

const connectLimitMs = 10_000;
const idleLimitMs = 2_000;

/** Without a slash at its end. @throws TypeError where it does not begin as it must: nothing could be reached there */
function addressOf(option: 'url' | 'webSocketUrl', text: string): string {
  const schemes = option === 'url' ? ['http', 'https'] : ['ws', 'wss', 'http', 'https'];
  // A page may name its own origin by a path.
  const beginnings = [...schemes.map((scheme) => `${scheme}://`), '/'];
  if (beginnings.some((beginning) => text.toLowerCase().startsWith(beginning)))
    return text.replace(/\/+$/, '');
  throw new TypeError(
    `${option} is ${JSON.stringify(text)}: it must begin with one of ${beginnings.join(', ')}`,
  );
}

/**
 * The Millrace API. Every call is tried again where that makes sense, under one idempotency key, so that nothing is done or charged
 * twice. All calls fail with `MillraceApiError` (the platform says no), `MillraceConnectionError` (it cannot be reached) or the
 * reason of their signal.
 */
export class Millrace {
  readonly #api: HttpApi;
  readonly #socket: SharedSocket | undefined;
  readonly #transport: Transport;
  readonly #silenceLimitMs: number;

  /** @throws TypeError for a `url` without http:// or https:// */
  constructor(options: MillraceOptions) {
    const url = addressOf('url', options.url);
    const WebSocket = options.WebSocket ?? globalWebSocket();
    const baseDelayMs = options.retryDelayMs ?? 250;
    const retry = {
      maxRetries: options.maxRetries ?? 8,
      baseDelayMs,
      maxDelayMs: baseDelayMs * 32,
      random: Math.random,
    };
    const fetch = options.fetch ?? ((...args) => globalThis.fetch(...args));
    this.#api = new HttpApi({ url, apiKey: options.apiKey, fetch, retry });
    this.#transport = options.transport ?? (WebSocket === undefined ? 'sse' : 'websocket');
    this.#silenceLimitMs = options.silenceLimitMs ?? 60_000;
    if (WebSocket === undefined) return;
    this.#socket = new SharedSocket({
      WebSocket,
      url: addressOf('webSocketUrl', options.webSocketUrl ?? url).replace(/^http/i, 'ws'),
      apiKey: options.apiKey,
      connectLimitMs,
      idleLimitMs,
    });
  }

  /** The whole answer to a prompt or a conversation. */
  generate(request: GenerateRequest, options?: RequestOptions): Promise<Answers['generate']> {
    return this.#ask('generate', request, options);
  }

  summarize(request: SummarizeRequest, options?: RequestOptions): Promise<Answers['summarize']> {
    return this.#ask('summarize', request, options);
  }

  translate(request: TranslateRequest, options?: RequestOptions): Promise<Answers['translate']> {
    return this.#ask('translate', request, options);
  }

  classify(request: ClassifyRequest, options?: RequestOptions): Promise<Answers['classify']> {
    return this.#ask('classify', request, options);
  }

  embed(request: EmbedRequest, options?: RequestOptions): Promise<Answers['embed']> {
    return this.#ask('embed', request, options);
  }

  async models(options: Pick<RequestOptions, 'signal'> = {}): Promise<readonly Model[]> {
    const { data } = await this.#api.json<{ readonly data: readonly Model[] }>({
      method: 'GET',
      path: '/v1/models',
      signal: options.signal,
    });
    return data;
  }

  /**
   * The answer while it is generated: `accepted`, then `chunk` by `chunk`, then `completed`. It begins with the first event that is
   * asked for, and goes on by itself over a new connection where one breaks. Leaving the loop early cancels the request.
   */
  stream(request: GenerateRequest, options?: StreamOptions): AsyncGenerator<AnswerEvent, void, undefined> {
    return this.streamTask('generate', request, options);
  }

  /** As {@link stream}, for any operation that writes text. */
  streamTask<Name extends StreamedOperation>(
    operation: Name,
    request: Requests[Name],
    { signal, transport, idempotencyKey = newIdempotencyKey(), receipt = false }: StreamOptions = {},
  ): AsyncGenerator<AnswerEvent, void, undefined> {
    return this.#events({ operation, body: request, idempotencyKey, receipt }, signal, transport);
  }

  /** Reads the answer of a request that runs or has ended, for 15 minutes, here or elsewhere begun. Leaving does not cancel it. */
  follow(
    requestId: string,
    { after = 0, receipt = false, signal, transport }: FollowOptions = {},
  ): AsyncGenerator<AnswerEvent, void, undefined> {
    return this.#events({ requestId, after, receipt }, signal, transport);
  }

  /**
   * The signed receipt of a request that has ended, for 90 days. Where no call had the option `receipt` it is there with the next
   * round of signatures, about a minute later: it is asked for again meanwhile, and where that was not enough the error has the code
   * `receipt_pending`.
   */
  receipt(requestId: string, { signal }: Pick<RequestOptions, 'signal'> = {}): Promise<Receipt> {
    return this.#api.json({
      method: 'GET',
      path: `/v1/requests/${encodeURIComponent(requestId)}/receipt`,
      signal,
    });
  }

  /** Ends the shared connection at once, which otherwise ends soon after the last stream. */
  close(): void {
    this.#socket?.close();
  }

  #events(
    start: AnswerStart,
    signal: AbortSignal | undefined,
    transport: Transport = this.#transport,
  ): AsyncGenerator<AnswerEvent, void, undefined> {
    if (transport === 'sse')
      return httpAnswer(this.#api, start, { signal, silenceLimitMs: this.#silenceLimitMs });
    if (this.#socket === undefined)
      throw new TypeError('There is no WebSocket here: give one to the constructor, or use sse.');
    return socketAnswer(this.#socket, start, {
      retries: this.#api.retries(),
      signal,
      cancel: (idempotencyKey) => this.#api.cancel(idempotencyKey),
    });
  }

  async #ask<Name extends Operation>(
    operation: Name,
    body: Requests[Name],
    { signal, idempotencyKey = newIdempotencyKey(), receipt = false }: RequestOptions = {},
  ): Promise<Answers[Name]> {
    try {
      return await this.#api.json<Answers[Name]>({
        method: 'POST',
        path: `/v1/${operation}`,
        body,
        headers: { 'idempotency-key': idempotencyKey, ...receiptHeader({ receipt }) },
        signal,
      });
    } catch (error) {
      if (signal?.aborted === true) this.#api.cancel(idempotencyKey);
      throw error;
    }
  }
}
