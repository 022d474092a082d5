import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeModel } from '@millrace/onnx';
import { MillraceError } from '@millrace/runtime';
import { graphFileName, manifestFileName } from '../model/model-manifest.ts';
import { buildBertGraph } from './bert-graph.ts';
import { readBertParameters } from './bert-parameters.ts';
import type { EmbeddingManifest } from './embedding-manifest.ts';
import { openSafetensors } from './safetensors-file.ts';
import { loadWordPieceTokenizer, tokenizerFileName } from './word-piece-tokenizer.ts';

export interface ConvertEmbeddingOptions {
  /** Folder of a model in the layout of sentence-transformers: `model.safetensors`, `tokenizer.json`, settings. */
  readonly source: string;
  /** Folder for `model.onnx`, `tokenizer.json` and `model.json`; made where it is missing. */
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
    await makeFolder(target);
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
  await writeWhole(path.join(target, manifestFileName), (temporary) =>
    writeFile(temporary, JSON.stringify(manifest)),
  );
  return manifest;
}

async function readConverterVersion(): Promise<number> {
  const text = await readFile(new URL('converter-version.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: number }).version;
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new MillraceError('data_folder_unwritable', `The folder ${folder} cannot be made.`, {
      cause: error,
    });
  }
}

/** The file appears under its name when it is whole. */
async function writeWhole(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${file}.${process.pid}.part`;
  await write(temporary);
  await rename(temporary, file);
}
