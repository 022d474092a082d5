import type { RequestContent } from '@millrace/stage';
import { failed } from './failed.ts';
import type { UpstreamCall } from './upstream-call.ts';
import type { UpstreamEvent } from './upstream-event.ts';

/** Most bytes of an answer: a thousand vectors of 4,096 numbers fit. */
const maxAnswerBytes = 128 * 1024 * 1024;

interface EmbeddingList {
  readonly data: readonly { readonly index?: number; readonly embedding: readonly number[] }[];
  readonly usage?: { readonly prompt_tokens?: number } | null;
}

/** `POST /embeddings` for all texts at once. Each vector becomes the whole answer to its text, as JSON. */
export function embeddingCall({ task }: RequestContent, model: string): UpstreamCall {
  const texts = task?.texts ?? [];
  return {
    path: '/embeddings',
    body: { model, input: texts, encoding_format: 'float' },
    accept: 'application/json',
    read: (pieces) => readEmbeddings(pieces, texts.length),
  };
}

/** @throws `provider_failed` where it is no list of a vector for each text */
async function* readEmbeddings(
  pieces: AsyncIterator<Uint8Array>,
  count: number,
): AsyncGenerator<UpstreamEvent, void, undefined> {
  const { data, usage } = parse(await wholeOf(pieces));
  if (data.length !== count) throw failed(`it sent ${data.length} vectors for ${count} texts`);
  const seen = new Set<number>();
  for (const [place, { index = place, embedding }] of data.entries()) {
    if (index < 0 || index >= count || seen.has(index)) throw failed('it sent two vectors for one text');
    if (!Array.isArray(embedding) || embedding.length === 0 || !embedding.every(Number.isFinite))
      throw failed('it sent what is no vector');
    seen.add(index);
    yield {
      kind: 'delta',
      choice: index,
      text: JSON.stringify({ embedding }),
      logprobs: undefined,
      toolCalls: [],
      finishReason: 'stop',
    };
  }
  const inputTokens = usage?.prompt_tokens;
  if (inputTokens !== undefined) yield { kind: 'usage', inputTokens, cachedInputTokens: 0, outputTokens: 0 };
}

async function wholeOf(pieces: AsyncIterator<Uint8Array>): Promise<string> {
  const received: Uint8Array[] = [];
  let bytes = 0;
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    bytes += next.value.length;
    if (bytes > maxAnswerBytes) throw failed('its answer is too long');
    received.push(next.value);
  }
  return Buffer.concat(received).toString();
}

/** What cannot be read does not become the cause: it may hold content. */
function parse(text: string): EmbeddingList {
  let value: Partial<EmbeddingList> | null;
  try {
    value = JSON.parse(text) as Partial<EmbeddingList> | null;
  } catch {
    throw failed('it sent what is no JSON');
  }
  if (!Array.isArray(value?.data) || !value.data.every((each) => typeof each === 'object' && each !== null))
    throw failed('it sent what is no list of vectors');
  return value as EmbeddingList;
}
