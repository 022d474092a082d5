import { MillraceError } from '@millrace/runtime';
import type { ChunkWriter, RequestContent } from '@millrace/stage';
import type { AnswerRequest } from '../answer.ts';
import { endedBefore, notBegun, type ChoiceEnd } from '../choice-end.ts';
import type { Embedder } from '../embedding/embedder.ts';
import type { PublishedChoice } from '../published.ts';
import { fieldOf, taskOf } from './encode-texts.ts';
import { publishWhole } from './publish-whole.ts';

export interface Embedding {
  readonly embedder: Embedder;
  readonly texts: readonly string[];
  /** Tokens of each text that go into its vector. */
  readonly tokens: readonly number[];
  readonly signal: AbortSignal;
  /** Called whenever some of the texts are done. */
  readonly onProgress: () => void;
}

/** Texts that are handed to the embedder at once: their vectors are published before it gets more. */
const textsAtOnce = 16;

/** A float32 is the nearest one to nine digits of it. */
const digits = 9;

/** @throws `missing_value` for a text in which there is nothing that is a token */
export async function planEmbedding(
  embedder: Embedder,
  content: RequestContent,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<Embedding> {
  const task = taskOf(content);
  try {
    const tokens = await embedder.countTokens(task.texts);
    return { embedder, texts: task.texts, tokens, signal, onProgress };
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'missing_value') throw error;
    const param = fieldOf(task, Number(error.param?.slice(1, -1)));
    throw new MillraceError('missing_value', `${param} has nothing that can be embedded`, {
      param,
      cause: error,
    });
  }
}

/** Embeds the texts, batch after batch, and publishes each vector as one piece of JSON. */
export async function embedTexts(
  { embedder, texts, tokens, signal, onProgress }: Embedding,
  request: AnswerRequest,
  writer: ChunkWriter,
): Promise<readonly ChoiceEnd[]> {
  const { choices } = request.takenUp.published;
  const ends = choices.map((published, choice) =>
    published.finishReason === undefined ? undefined : endedBefore(published, tokens[choice] ?? 0),
  );
  const waiting = [...ends.keys()].filter((choice) => ends[choice] === undefined);
  while (waiting.length > 0) {
    const batch = waiting.splice(0, textsAtOnce);
    const embeddings = await embedUnlessStopped(
      embedder,
      batch.map((choice) => texts[choice] ?? ''),
      signal,
    );
    if (embeddings === undefined) break;
    onProgress();
    for (const [index, choice] of batch.entries()) {
      const value = {
        embedding: Array.from(embeddings.vectors[index] ?? [], (number) =>
          Number(number.toPrecision(digits)),
        ),
        ...(embeddings.truncated[index] === true ? { truncated: true } : {}),
      };
      const counts = { inputTokens: tokens[choice] ?? 0, cachedTokens: 0, timings: undefined };
      ends[choice] = await publishWhole(request, writer, choice, value, counts);
    }
  }
  return ends.map((end, choice) => end ?? notBegun(choices[choice] as PublishedChoice));
}

async function embedUnlessStopped(embedder: Embedder, texts: readonly string[], signal: AbortSignal) {
  try {
    return await embedder.embed(texts, signal);
  } catch (error) {
    if (signal.aborted && error instanceof MillraceError && error.code === 'cancelled') return undefined;
    throw error;
  }
}
