import { readFile } from 'node:fs/promises';
import type { ModelManifest } from './model/model-manifest.ts';

/** What the operator says of a model. */
export interface CatalogueEntry {
  readonly name: string;
  readonly version: string;
  /** Goes before conversations that have no system message of their own. */
  readonly systemPrompt?: string;
}

const catalogueFile = new URL('../../../models/manifest.json', import.meta.url);

/** The entry of `models/manifest.json` for a converted model; one that it doesn't know goes by its own name. */
export async function findInCatalogue({ sourceSha256, name }: ModelManifest): Promise<CatalogueEntry> {
  const { models } = JSON.parse(await readFile(catalogueFile, 'utf8')) as {
    readonly models: readonly (CatalogueEntry & { readonly sha256: string })[];
  };
  const entry = models.find((model) => model.sha256 === sourceSha256);
  return entry ?? { name, version: sourceSha256.slice(0, 12) };
}
