import type { EmbedText } from '@millrace/answer-cache';
import type { Clock } from '@millrace/runtime';
import type { Operation } from '@millrace/stage';
import { findEmbeddingInCatalogue } from '../model-catalogue.ts';
import { operationRefused } from '../operation-refused.ts';
import type { ServedModel } from '../served-model.ts';
import { embedTexts, planEmbedding } from '../tasks/embed.ts';
import { createEmbedder } from './embedder.ts';
import { readEmbeddingManifest } from './embedding-manifest.ts';

export interface EmbeddingModelOptions {
  /** Folder of the converted model. */
  readonly folder: string;
  readonly threads: number;
  readonly clock: Clock;
}

/** An embedding model that is loaded and warm. */
export interface EmbeddingModel extends ServedModel {
  /** The vector of one text, of length 1; undefined where the text is longer than the model reads. */
  readonly embedText: EmbedText;
  close(): Promise<void>;
}

const operations: readonly Operation[] = ['embed'];

/** While one request is embedded, what the others say is published and read: more would only wait. */
const concurrency = 4;

/** @throws `part_missing`, `model_invalid` */
export async function loadEmbeddingModel({
  folder,
  threads,
  clock,
}: EmbeddingModelOptions): Promise<EmbeddingModel> {
  const manifest = await readEmbeddingManifest(folder);
  const { name, version } = await findEmbeddingInCatalogue(manifest);
  const embedder = await createEmbedder(folder, { threads });
  await embedder.embed(['warm up'], new AbortController().signal);
  let lastProgressAt = clock.now();
  const onProgress = (): void => {
    lastProgressAt = clock.now();
  };
  return {
    name,
    version,
    contextLength: embedder.maxTokens,
    operations,
    isDefault: true,
    concurrency,
    get lastProgressAt() {
      return lastProgressAt;
    },
    async prepare({ operation }, content, signal) {
      if (operation !== 'embed') throw operationRefused(operation, { name, operations });
      onProgress();
      const plan = await planEmbedding(embedder, content, signal, onProgress);
      return (request, writer) => embedTexts(plan, request, writer);
    },
    async embedText(text, signal) {
      const { vectors, truncated } = await embedder.embed([text], signal);
      return truncated[0] === true ? undefined : vectors[0];
    },
    close: () => embedder.close(),
  };
}
