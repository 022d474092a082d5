import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeModel } from '@millrace/onnx';
import type { CacheType } from './cache-type.ts';
import { readConverterVersion } from './converter-version.ts';
import { buildDecoderGraph } from './decoder-graph.ts';
import { readDecoderParameters, type DecoderParameters } from './decoder-parameters.ts';
import { openGguf, type GgufFile } from './gguf-file.ts';
import { hashFile } from './hash-file.ts';
import type { ConversionMode } from './linear-layer.ts';
import { graphFileName, tokenizerFileName, type ModelManifest } from './model-manifest.ts';
import { makeTokenizerJson } from './tokenizer-json.ts';
import { candidateCount } from './vocabulary-layers.ts';
import { finishModelFolder, makeModelFolder, writeWhole } from './write-model-folder.ts';

export interface ConvertOptions {
  /** The GGUF file. */
  readonly source: string;
  /** Folder for `model.onnx`, `tokenizer.json`, `model.json` and the hashes of these, `checksums.json`; made where it is missing. */
  readonly target: string;
  readonly mode: ConversionMode;
  /** Of keys, values and attention; `float16` is what GPUs can do. Default `float32`. */
  readonly cacheType?: CacheType;
  /** Called with the share that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Converts a GGUF file. `model.json` is written last: where it is, the rest is whole.
 *
 * @throws MillraceError `part_missing` or `model_invalid`, in one sentence
 */
export async function convertModel({
  source,
  target,
  mode,
  cacheType = 'float32',
  onProgress,
}: ConvertOptions): Promise<ModelManifest> {
  const file = await openGguf(source);
  try {
    const parameters = readDecoderParameters(file);
    const tokenizer = makeTokenizerJson(file.metadata);
    const sourceSha256 = await hashFile(source);
    await makeModelFolder(target);
    const graph = buildDecoderGraph(file, parameters, mode, cacheType);
    await writeModel(path.join(target, graphFileName), graph, onProgress === undefined ? {} : { onProgress });
    await writeWhole(path.join(target, tokenizerFileName), (temporary) =>
      writeFile(temporary, JSON.stringify(tokenizer)),
    );
    const version = await readConverterVersion();
    const description = describe(file, parameters, mode, sourceSha256, version);
    const manifest = cacheType === 'float32' ? description : { ...description, cacheType };
    await finishModelFolder(target, manifest);
    return manifest;
  } finally {
    await file.close();
  }
}

function describe(
  { metadata }: GgufFile,
  parameters: DecoderParameters,
  mode: ConversionMode,
  sourceSha256: string,
  converterVersion: number,
): ModelManifest {
  const bosTokenId = metadata.get('tokenizer.ggml.bos_token_id');
  const eosTokenId = metadata.get('tokenizer.ggml.eos_token_id');
  const chatTemplate = metadata.get('tokenizer.chat_template');
  return {
    converterVersion,
    mode,
    sourceSha256,
    name: String(metadata.get('general.name') ?? 'unnamed'),
    architecture: parameters.architecture.name,
    layers: parameters.layers,
    heads: parameters.heads,
    keyValueHeads: parameters.keyValueHeads,
    headSize: parameters.headSize,
    hiddenSize: parameters.hiddenSize,
    contextLength: parameters.contextLength,
    vocabularySize: parameters.vocabularySize,
    candidateCount,
    ...(typeof bosTokenId === 'number' ? { bosTokenId } : {}),
    ...(typeof eosTokenId === 'number' ? { eosTokenId } : {}),
    ...(typeof chatTemplate === 'string' ? { chatTemplate } : {}),
  };
}
