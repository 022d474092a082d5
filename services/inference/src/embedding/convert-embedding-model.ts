import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeModel } from '@millrace/onnx';
import { hashFile } from '../model/hash-file.ts';
import { graphFileName } from '../model/model-manifest.ts';
import { finishModelFolder, makeModelFolder, writeWhole } from '../model/write-model-folder.ts';
import { buildBertGraph } from './bert-graph.ts';
import { readBertParameters } from './bert-parameters.ts';
import type { EmbeddingManifest } from './embedding-manifest.ts';
import { openSafetensors } from './safetensors-file.ts';
import { loadWordPieceTokenizer, tokenizerFileName } from './word-piece-tokenizer.ts';

export interface ConvertEmbeddingOptions {
  /** Folder of a model in the layout of sentence-transformers: `model.safetensors`, `tokenizer.json`, settings. */
  readonly source: string;
  /** Folder for `model.onnx`, `tokenizer.json`, `model.json` and the hashes of these, `checksums.json`; made where it is missing. */
  readonly target: string;
  /** Called with the share that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Converts an embedding model. `model.json` is written last: where it is, the rest is whole.
 *
 * @throws MillraceError `part_missing` or `model_invalid`, in one sentence
 */
export async function convertEmbeddingModel({
  source,
  target,
  onProgress,
}: ConvertEmbeddingOptions): Promise<EmbeddingManifest> {
  const parameters = await readBertParameters(source);
  await loadWordPieceTokenizer(source, parameters.maxTokens);
  const weights = path.join(source, 'model.safetensors');
  const file = await openSafetensors(weights);
  try {
    await makeModelFolder(target);
    await writeModel(
      path.join(target, graphFileName),
      buildBertGraph(file, parameters),
      onProgress === undefined ? {} : { onProgress },
    );
  } finally {
    await file.close();
  }
  await writeWhole(path.join(target, tokenizerFileName), (temporary) =>
    copyFile(path.join(source, tokenizerFileName), temporary),
  );
  const manifest: EmbeddingManifest = {
    converterVersion: await readConverterVersion(),
    architecture: 'bert',
    sourceSha256: await hashFile(weights),
    dimensions: parameters.hiddenSize,
    maxTokens: parameters.maxTokens,
    layers: parameters.layers,
  };
  await finishModelFolder(target, manifest);
  return manifest;
}

async function readConverterVersion(): Promise<number> {
  const text = await readFile(new URL('converter-version.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: number }).version;
}
