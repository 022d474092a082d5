import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MillraceError, requireWellFormed } from '@millrace/runtime';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { graphFileName } from '../model/model-manifest.ts';
import { readEmbeddingManifest } from './embedding-manifest.ts';
import { planBatches } from './plan-batches.ts';
import { loadWordPieceTokenizer, type TokenizedText } from './word-piece-tokenizer.ts';

/** In the order of the texts. */
export interface Embeddings {
  /** Of length 1, so that a dot product is the cosine. */
  readonly vectors: readonly Float32Array[];
  /** Tokens that went into each vector, `[CLS]` and `[SEP]` included. */
  readonly tokens: readonly number[];
  /** Whether the end of the text was left out, because it has more than `maxTokens`. */
  readonly truncated: readonly boolean[];
}

export interface Embedder {
  /** Length of a vector. */
  readonly dimensions: number;
  /** The most tokens of a text that are embedded. */
  readonly maxTokens: number;
  /**
   * Embeds texts. A vector does not depend on the texts that it is asked for with. Between two batches, and after every
   * few thousand characters that are split into tokens, the event loop turns.
   *
   * @throws MillraceError `missing_value` if a text is empty or has nothing that is a token, `invalid_unicode` if it has
   *   a lone surrogate, both with `param` `[index]`; `cancelled` if the signal was aborted; `engine_failed` if the model
   *   failed; `internal_error` after `close`
   */
  embed(texts: readonly string[], signal: AbortSignal): Promise<Embeddings>;
  /**
   * How many tokens of each text are embedded. It takes no longer than a text of `maxTokens` does for each.
   *
   * @throws MillraceError `missing_value` and `invalid_unicode` as `embed` does
   */
  countTokens(texts: readonly string[]): Promise<readonly number[]>;
  /** Waits for the calls in flight, then frees the model. */
  close(): Promise<void>;
}

export interface EmbedderOptions {
  /** Threads that one operator may use. Default: one for each processor, at most 8. */
  readonly threads?: number;
}

/** A batch blocks the event loop while it runs: so it is no larger than the longest text needs. */
const maxBatchTokens = 256;
const charactersBetweenTurns = 16_384;
const framingTokens = 2;

/**
 * Loads a converted embedding model (`convertEmbeddingModel`).
 *
 * @throws MillraceError `part_missing` if a file or ONNX Runtime is missing, `model_invalid` if the model is corrupt or
 *   of another kind
 */
export async function createEmbedder(folder: string, options: EmbedderOptions = {}): Promise<Embedder> {
  const { dimensions, maxTokens } = await readEmbeddingManifest(folder);
  const tokenize = await loadWordPieceTokenizer(folder, maxTokens);
  const session = await openSession(path.join(folder, graphFileName), options);
  const inFlight = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  const embed = async (texts: readonly string[], signal: AbortSignal): Promise<Embeddings> => {
    const tokenized = await tokenizeAll(texts, tokenize, signal);
    const vectors: Float32Array[] = [];
    const lengths = tokenized.map(({ ids }) => ids.length);
    for (const batch of planBatches(lengths, Math.max(maxBatchTokens, maxTokens))) {
      await turn(signal);
      const rows = await session.run(batch.map((index) => tokenized[index]?.ids ?? []));
      for (const [row, index] of batch.entries())
        vectors[index] = rows.slice(row * dimensions, (row + 1) * dimensions);
    }
    return { vectors, tokens: lengths, truncated: tokenized.map(({ truncated }) => truncated) };
  };

  const settleAndRelease = async (): Promise<void> => {
    // Whoever called embed() is told how it ended; here only its end matters.
    await Promise.allSettled(inFlight);
    await session.release();
  };

  return {
    dimensions,
    maxTokens,
    async embed(texts, signal) {
      if (closing !== undefined) throw new MillraceError('internal_error', 'The embedder is closed.');
      const work = embed(texts, signal);
      inFlight.add(work);
      try {
        return await work;
      } finally {
        inFlight.delete(work);
      }
    },
    async countTokens(texts) {
      const tokenized = await tokenizeAll(texts, tokenize, new AbortController().signal);
      return tokenized.map(({ ids }) => ids.length);
    },
    close() {
      closing ??= settleAndRelease();
      return closing;
    },
  };
}

async function tokenizeAll(
  texts: readonly string[],
  tokenize: (text: string) => TokenizedText,
  signal: AbortSignal,
): Promise<readonly TokenizedText[]> {
  requireWellFormed(texts);
  const tokenized: TokenizedText[] = [];
  let characters = 0;
  for (const [index, text] of texts.entries()) {
    const result = tokenize(text);
    if (result.ids.length <= framingTokens)
      throw new MillraceError('missing_value', 'A text that is empty cannot be embedded.', {
        param: `[${index}]`,
      });
    tokenized.push(result);
    characters += text.length;
    if (characters < charactersBetweenTurns) continue;
    characters = 0;
    await turn(signal);
  }
  return tokenized;
}

/** Lets the event loop turn. */
async function turn(signal: AbortSignal): Promise<void> {
  await nextTurn();
  if (signal.aborted) throw new MillraceError('cancelled', 'The embedding was cancelled.');
}

interface EmbeddingSession {
  /** The vectors of texts, one after the other. */
  run(texts: readonly (readonly number[])[]): Promise<Float32Array>;
  release(): Promise<void>;
}

async function openSession(file: string, options: EmbedderOptions): Promise<EmbeddingSession> {
  // Only where embeddings are wanted: it loads a native library.
  const onnx = await import('onnxruntime-node').catch((error: unknown) => {
    throw new MillraceError('part_missing', 'ONNX Runtime cannot be loaded.', { cause: error });
  });
  let session: InferenceSession;
  try {
    session = await onnx.InferenceSession.create(file, {
      intraOpNumThreads: options.threads ?? Math.min(8, availableParallelism()),
      // A plan of the memory would be kept for every shape of a batch.
      enableMemPattern: false,
      // Threads that wait between two batches leave the processors to the engine.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw new MillraceError('model_invalid', `The model ${file} cannot be loaded.`, { cause: error });
  }
  return {
    run: async (texts) => {
      const vectors = await runSession(session, onnx.Tensor, texts);
      if (vectors.data instanceof Float32Array) return vectors.data;
      throw new MillraceError('model_invalid', `The model ${file} does not give float32.`);
    },
    release: () => session.release(),
  };
}

async function runSession(
  session: InferenceSession,
  tensorClass: typeof Tensor,
  texts: readonly (readonly number[])[],
): Promise<Tensor> {
  const width = Math.max(...texts.map((ids) => ids.length));
  const ids = new Int32Array(texts.length * width);
  const mask = new Int32Array(texts.length * width);
  for (const [row, text] of texts.entries()) {
    ids.set(text, row * width);
    mask.fill(1, row * width, row * width + text.length);
  }
  const shape = [texts.length, width];
  try {
    const { vectors } = await session.run({
      input_ids: new tensorClass('int32', ids, shape),
      mask: new tensorClass('int32', mask, shape),
    });
    if (vectors === undefined) throw new Error('no output "vectors"');
    return vectors;
  } catch (error) {
    throw new MillraceError('engine_failed', 'The embedding model failed.', { cause: error });
  }
}
