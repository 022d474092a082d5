import { createParser } from 'eventsource-parser';
import { failed } from './failed.ts';
import { readChunk } from './read-chunk.ts';
import type { UpstreamEvent } from './upstream-event.ts';

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

function* eventsOf(data: string): Generator<UpstreamEvent, void, undefined> {
  const { choices, usage } = readChunk(data);
  for (const { index, delta, logprobs, finishReason } of choices) {
    yield {
      kind: 'delta',
      choice: index,
      text: delta.content,
      logprobs,
      toolCalls: delta.toolCalls,
      finishReason,
    };
  }
  if (usage !== undefined) yield usage;
}
