import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import type { CacheType } from './cache-type.ts';
import type { ConversionMode } from './linear-layer.ts';
import { readManifestJson } from './read-manifest-json.ts';

/** `model.json` in the folder of a converted model: everything about it that is not weights or vocabulary. */
export interface ModelManifest {
  /** Raised when a converted model of before can no longer be used. */
  readonly converterVersion: number;
  readonly mode: ConversionMode;
  /** Of keys, values and attention. Default `float32`. */
  readonly cacheType?: CacheType;
  /** SHA-256 of the GGUF file, in hex. */
  readonly sourceSha256: string;
  /** The name that the GGUF file gives itself. */
  readonly name: string;
  readonly architecture: string;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly hiddenSize: number;
  /** The longest sequence that the graph can take, in tokens: what the model was trained on. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  /** How many of the most likely tokens the graph hands out. */
  readonly candidateCount: number;
  readonly bosTokenId?: number;
  readonly eosTokenId?: number;
  /** Jinja, as in `tokenizer_config.json`. */
  readonly chatTemplate?: string;
}

export const manifestFileName = 'model.json';
/** The graph, beside `model.json`. */
export const graphFileName = 'model.onnx';
/** The vocabulary, beside `model.json`. */
export const tokenizerFileName = 'tokenizer.json';

const counts = [
  'converterVersion',
  'layers',
  'heads',
  'keyValueHeads',
  'headSize',
  'hiddenSize',
  'contextLength',
  'vocabularySize',
  'candidateCount',
] as const satisfies readonly (keyof ModelManifest)[];

/** @throws MillraceError `part_missing` if the folder has no converted model, `model_invalid` if it is corrupt */
export async function readModelManifest(modelDir: string): Promise<ModelManifest> {
  const file = path.join(modelDir, manifestFileName);
  const value = await readManifestJson(file);
  if (!isManifest(value))
    throw new MillraceError('model_invalid', `${file} does not describe a converted model.`);
  return value;
}

function isManifest(value: unknown): value is ModelManifest {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return (
    counts.every((name) => Number.isInteger(fields.get(name))) &&
    typeof fields.get('name') === 'string' &&
    typeof fields.get('sourceSha256') === 'string'
  );
}
