import { readFile } from 'node:fs/promises';
import type { Operation } from '@millrace/stage';
import type { EmbeddingManifest } from './embedding/embedding-manifest.ts';
import type { ModelManifest } from './model/model-manifest.ts';

/** What the operator says of a model. */
export interface ModelNaming {
  readonly name: string;
  readonly version: string;
  /** Other names that it goes by, on the command line and in requests. */
  readonly aliases?: readonly string[];
  /** Goes before conversations that have no system message of their own. */
  readonly systemPrompt?: string;
  /** What it can be asked for; by default all that a model which converses can do. */
  readonly operations?: readonly Operation[];
}

/** A model of `models/manifest.json`. */
export interface CatalogueEntry extends ModelNaming {
  /** Whether it is the one that is run where none is named. */
  readonly default?: boolean;
  /** SPDX identifier. */
  readonly license: string;
  /** Name of the GGUF file in the cache. */
  readonly file: string;
  readonly sizeBytes: number;
  /** SHA-256 of the GGUF file, in hex. */
  readonly sha256: string;
  readonly contextTokens: number;
}

/** An embedding model of `models/manifest.json`. */
interface EmbeddingEntry {
  readonly name: string;
  readonly version: string;
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
}

interface Catalogue {
  readonly models: readonly CatalogueEntry[];
  readonly embeddings: readonly EmbeddingEntry[];
}

const catalogueFile = new URL('../../../models/manifest.json', import.meta.url);

/** The models of `models/manifest.json`. */
export async function readCatalogue(): Promise<readonly CatalogueEntry[]> {
  return (await readManifest()).models;
}

/** What a converted model is called; one that the catalogue doesn't know goes by its own name. */
export async function findInCatalogue({ sourceSha256, name }: ModelManifest): Promise<ModelNaming> {
  const entry = (await readCatalogue()).find((model) => model.sha256 === sourceSha256);
  return entry ?? { name, version: sourceSha256.slice(0, 12) };
}

/** The same of an embedding model, by the hash of its weights. */
export async function findEmbeddingInCatalogue({
  sourceSha256,
}: Pick<EmbeddingManifest, 'sourceSha256'>): Promise<Pick<ModelNaming, 'name' | 'version'>> {
  const { embeddings } = await readManifest();
  const entry = embeddings.find(({ files }) => files.some(({ sha256 }) => sha256 === sourceSha256));
  const ownVersion = sourceSha256.slice(0, 12);
  return entry ?? { name: `embedding-${ownVersion}`, version: ownVersion };
}

async function readManifest(): Promise<Catalogue> {
  return JSON.parse(await readFile(catalogueFile, 'utf8')) as Catalogue;
}
