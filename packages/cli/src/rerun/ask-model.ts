import { MillraceError, type Clock } from '@millrace/runtime';
import type { Answered } from './rerun-result.ts';

/** What an example has the model answer. */
export interface Question {
  readonly model: string;
  readonly messages: readonly object[];
  readonly tools?: readonly object[] | undefined;
  readonly maxTokens: number;
  /** The same question under the same key is asked, and charged, once. */
  readonly idempotencyKey: string;
}

/** An answer with its text; functions that it calls are part of it. */
export interface Answer extends Answered {
  readonly text: string;
}

export interface AskOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Tries of what is refused for now: limits, a full platform. */
const mostTries = 20;
const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** Refusals that concern all examples, not this one. */
const forAll: ReadonlySet<number> = new Set([401, 403, 404]);

interface ChatBody {
  readonly choices?: readonly [
    {
      readonly message?: { readonly content?: string | null; readonly tool_calls?: readonly object[] };
      readonly finish_reason?: string | null;
    },
  ];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
  readonly error?: { readonly message?: string; readonly code?: string | null };
}

/**
 * Asks a model over the public API, as any client does: greedy, at low priority, past the cache. What is refused for now is asked again.
 *
 * @returns also what failed, with why
 * @throws `permission_denied` where the key may not ask the model at all; `unavailable` where nobody answers; the signal's reason
 */
export async function askModel(options: AskOptions, question: Question): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const began = performance.now();
    const response = await post(options, question);
    const body = await bodyOf(response, options.signal);
    if (response.ok && body !== undefined) return answerOf(response, body, performance.now() - began);
    const { code = null, message = `status ${response.status}` } = body?.error ?? {};
    if (forAll.has(response.status))
      throw new MillraceError('permission_denied', `${question.model} cannot be asked: ${message}`, {
        param: 'model',
      });
    const isPassing =
      response.headers.get('x-should-retry') !== 'false' &&
      (response.ok || [429, 502, 503].includes(response.status));
    if (!isPassing || tries === mostTries)
      return unmeasured('', code ?? (response.ok ? 'unreadable' : String(response.status)));
    await options.clock.sleep(pauseOf(response, tries), options.signal);
  }
}

/** @returns undefined where it broke off or is no JSON: something in between has answered, or went away. @throws the signal's reason */
async function bodyOf(response: Response, signal: AbortSignal): Promise<ChatBody | undefined> {
  try {
    return (await response.json()) as ChatBody;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function post({ url, apiKey, signal }: AskOptions, question: Question): Promise<Response> {
  const { model, messages, tools, maxTokens, idempotencyKey } = question;
  try {
    return await fetch(`${url.replace(/\/+$/, '')}/v1/chat/completions`, {
      method: 'POST',
      signal,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify({
        model,
        messages,
        ...(tools === undefined ? {} : { tools }),
        max_tokens: maxTokens,
        temperature: 0,
        priority: 'low',
        cache: 'never',
      }),
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw new MillraceError(
      'unavailable',
      `Millrace at ${url} cannot be reached: start it with npm start, or set MILLRACE_API_URL. What is done is kept: the same command goes on.`,
      { cause },
    );
  }
}

function answerOf(response: Response, { choices, usage }: ChatBody, latencyMs: number): Answer {
  const [choice] = choices ?? [];
  const { content, tool_calls: calls } = choice?.message ?? {};
  const [amount = null, currency = null] = response.headers.get('x-millrace-cost')?.split(' ') ?? [];
  return {
    text: textOf(content, calls),
    error: null,
    finish_reason: choice?.finish_reason ?? null,
    input_tokens: usage?.prompt_tokens ?? null,
    output_tokens: usage?.completion_tokens ?? null,
    latency_ms: Math.round(latencyMs),
    amount,
    currency,
  };
}

/** What an answer says, with the functions that it calls; their ids are chosen anew each time. */
export function textOf(content: string | null | undefined, calls: readonly object[] | undefined): string {
  const called = (calls ?? []).map((call) => JSON.stringify({ ...call, id: undefined }));
  return [content ?? '', ...called].filter((part) => part !== '').join('\n');
}

/** An answer of which nothing was measured: that of a record, or none. */
export function unmeasured(text: string, error: string | null): Answer {
  return {
    text,
    error,
    finish_reason: null,
    input_tokens: null,
    output_tokens: null,
    latency_ms: null,
    amount: null,
    currency: null,
  };
}

function pauseOf(response: Response, tries: number): number {
  const askedMs = Number(response.headers.get('retry-after-ms') ?? Number.NaN);
  const askedSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(askedMs)) return askedMs;
  if (Number.isFinite(askedSeconds)) return askedSeconds * 1_000;
  return Math.min(longestPauseMs, firstPauseMs * 2 ** tries);
}
