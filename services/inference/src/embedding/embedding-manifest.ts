import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import { manifestFileName } from '../model/model-manifest.ts';
import { readManifestJson } from '../model/read-manifest-json.ts';

/** `model.json` in the folder of a converted embedding model. */
export interface EmbeddingManifest {
  readonly converterVersion: number;
  readonly architecture: 'bert';
  /** SHA-256 of the safetensors file, in hex. */
  readonly sourceSha256: string;
  /** Length of a vector. */
  readonly dimensions: number;
  /** The longest text that is embedded, in tokens, special ones included. */
  readonly maxTokens: number;
  readonly layers: number;
}

/** @throws MillraceError `part_missing` if the folder has no converted model, `model_invalid` if it is of another kind */
export async function readEmbeddingManifest(folder: string): Promise<EmbeddingManifest> {
  const file = path.join(folder, manifestFileName);
  const value = await readManifestJson(file);
  if (!isManifest(value))
    throw new MillraceError('model_invalid', `${file} does not describe an embedding model.`);
  return value;
}

function isManifest(value: unknown): value is EmbeddingManifest {
  if (typeof value !== 'object' || value === null) return false;
  const { architecture, dimensions, maxTokens } = value as Partial<Record<keyof EmbeddingManifest, unknown>>;
  return architecture === 'bert' && Number.isInteger(dimensions) && Number.isInteger(maxTokens);
}
