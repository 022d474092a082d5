import { createParser } from 'eventsource-parser';
import { failed } from './failed.ts';
import type { ToolCallDelta, UpstreamEvent } from './upstream-event.ts';

/** Most characters of one event: a longer one is no answer of a model. */
const maxEventCharacters = 4 * 1024 * 1024;

/**
 * The events of an answer, up to its `[DONE]`. The body is the caller's to end.
 *
 * @throws `provider_failed` for what is no such stream, for an error in it, and where it ends before it has said that it does
 */
export async function* parseStream(
  body: AsyncIterator<Uint8Array>,
): AsyncGenerator<UpstreamEvent, void, undefined> {
  const decoder = new TextDecoder();
  let ready: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => ready.push(data) });
  let since = 0;
  for (let next = await body.next(); next.done !== true; next = await body.next()) {
    const text = decoder.decode(next.value, { stream: true });
    since += text.length;
    if (since > maxEventCharacters) throw failed('an event of its answer is too long');
    parser.feed(text);
    const events = ready;
    ready = [];
    if (events.length > 0) since = 0;
    for (const data of events) {
      if (data.trim() === '[DONE]') return;
      yield* eventsOf(data);
    }
  }
  throw failed('its answer broke off');
}

interface Chunk {
  readonly error?: unknown;
  readonly choices?: readonly {
    readonly index?: number;
    readonly delta?: {
      readonly content?: string | null;
      readonly tool_calls?: readonly {
        readonly index?: number;
        readonly id?: string;
        readonly function?: { readonly name?: string; readonly arguments?: string };
      }[];
    };
    readonly logprobs?: { readonly content?: UpstreamLogprobs | null } | null;
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: {
    readonly prompt_tokens?: number;
    readonly completion_tokens?: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null;
  } | null;
}

type UpstreamLogprobs = (UpstreamEvent & { kind: 'delta' })['logprobs'];

function* eventsOf(data: string): Generator<UpstreamEvent, void, undefined> {
  const chunk = chunkOf(data);
  if (chunk.error !== undefined && chunk.error !== null) throw failed('it sent an error within its answer');
  if (chunk.choices === undefined && (chunk.usage === undefined || chunk.usage === null))
    throw failed('it sent what is no piece of an answer');
  for (const { index = 0, delta = {}, logprobs, finish_reason } of chunk.choices ?? []) {
    yield {
      kind: 'delta',
      choice: index,
      text: delta.content ?? '',
      logprobs: logprobs?.content ?? undefined,
      toolCalls: (delta.tool_calls ?? []).map((call, place): ToolCallDelta => ({
        index: call.index ?? place,
        id: call.id,
        name: call.function?.name,
        arguments: call.function?.arguments ?? '',
      })),
      finishReason: finish_reason ?? undefined,
    };
  }
  const { usage } = chunk;
  if (usage === undefined || usage === null) return;
  yield {
    kind: 'usage',
    inputTokens: usage.prompt_tokens ?? 0,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    outputTokens: usage.completion_tokens ?? 0,
  };
}

/** What cannot be read does not become the cause: it may hold content. */
function chunkOf(data: string): Chunk {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw failed('it sent what is no JSON');
  }
  if (typeof value !== 'object' || value === null) throw failed('it sent what is no piece of an answer');
  return value;
}
