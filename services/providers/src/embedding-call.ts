import type { RequestContent } from '@millrace/stage';
import { failed } from './failed.ts';
import { fieldsOf, listOf, wholeNumberOf } from './read-fields.ts';
import { readUsage } from './read-usage.ts';
import type { UpstreamCall } from './upstream-call.ts';
import type { UpstreamEvent } from './upstream-event.ts';

/** Most numbers of a vector. */
const maxDimensions = 16_384;
/** Most bytes of an answer: so many for each vector, and for what stands around them. */
const maxVectorBytes = 32 * maxDimensions;
const maxFrameBytes = 64 * 1024;

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
  const { data, usage } = parse(await wholeOf(pieces, maxFrameBytes + count * maxVectorBytes));
  if (data.length !== count) throw failed(`it sent ${data.length} vectors for ${count} texts`);
  const seen = new Set<number>();
  for (const [place, value] of data.entries()) {
    const { index: given, embedding } = fieldsOf(value);
    const index = wholeNumberOf(given) ?? place;
    if (index >= count || seen.has(index)) throw failed('it sent two vectors for one text');
    const vector = listOf(embedding);
    if (vector.length === 0 || vector.length > maxDimensions || !vector.every(Number.isFinite))
      throw failed('it sent what is no vector');
    seen.add(index);
    yield {
      kind: 'delta',
      choice: index,
      text: JSON.stringify({ embedding: vector }),
      logprobs: undefined,
      toolCalls: [],
      finishReason: 'stop',
    };
  }
  const reported = readUsage(usage);
  if (reported !== undefined) yield { ...reported, outputTokens: 0 };
}

async function wholeOf(pieces: AsyncIterator<Uint8Array>, maxBytes: number): Promise<string> {
  const received: Uint8Array[] = [];
  let bytes = 0;
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    bytes += next.value.length;
    if (bytes > maxBytes) throw failed('its answer is too long');
    received.push(next.value);
  }
  return Buffer.concat(received).toString();
}

/** What cannot be read does not become the cause: it may hold content. */
function parse(text: string): { readonly data: readonly unknown[]; readonly usage: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw failed('it sent what is no JSON');
  }
  const { data, usage } = fieldsOf(value);
  if (!Array.isArray(data)) throw failed('it sent what is no list of vectors');
  return { data, usage };
}
