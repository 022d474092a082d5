import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { readConverterVersion, type CatalogueEntry } from '@millrace/inference';
import { MillraceError } from '@millrace/runtime';
import type { ModelSettings } from './config.ts';

/** Where an argument of a command points: at a model of the catalogue, or at something on the disk. */
export type ModelReference =
  | { readonly kind: 'model'; readonly entry: CatalogueEntry }
  | { readonly kind: 'path'; readonly path: string };

/** The catalogue, and where the set-up (scripts/setup) puts its models. */
export interface ModelStore {
  readonly catalogue: readonly CatalogueEntry[];
  readonly cacheFolder: string;
  readonly threads: number;
  /** What computes a model whose quality is measured. */
  readonly provider: ModelSettings['provider'];
  /** @throws MillraceError `model_not_found` where it is neither; `config_invalid` where a name has several versions */
  find(reference: string): ModelReference;
  /** The path that an argument names. */
  resolve(file: string): string;
  /** Where the GGUF file of a model is, whether it is there or not. */
  weightsPath(entry: CatalogueEntry): string;
  /** Whether the GGUF file is there, by its size alone. */
  hasWeights(entry: CatalogueEntry): boolean;
  /** Folder of the model as this version converts it, by the hash of its source. */
  convertedFolder(entry: CatalogueEntry): Promise<string>;
}

export function createModelStore(settings: ModelSettings, catalogue: readonly CatalogueEntry[]): ModelStore {
  const cacheFolder = settings.cacheFolder ?? path.join(settings.userCacheFolder, 'millrace');
  const resolve = (file: string): string => path.resolve(settings.workingFolder, file);
  const weightsPath = ({ file }: CatalogueEntry): string => path.join(cacheFolder, 'weights', file);
  return {
    catalogue,
    cacheFolder,
    threads: settings.threads,
    provider: settings.provider,
    resolve,
    weightsPath,
    find(reference) {
      if (/[/\\]|^\.|\.gguf$/u.test(reference)) return { kind: 'path', path: resolve(reference) };
      const entry = findEntry(catalogue, reference);
      if (entry !== undefined) return { kind: 'model', entry };
      if (existsSync(resolve(reference))) return { kind: 'path', path: resolve(reference) };
      throw new MillraceError(
        'model_not_found',
        `There is no model and no file ${reference}. Models: ${catalogue.map(tagOf).join(', ')}.`,
      );
    },
    hasWeights: (entry) => statSync(weightsPath(entry), { throwIfNoEntry: false })?.size === entry.sizeBytes,
    convertedFolder: async ({ sha256 }) =>
      path.join(cacheFolder, 'models', `${sha256.slice(0, 16)}-${await readConverterVersion()}`),
  };
}

/** `name:version`, which no other model has. */
export function tagOf({ name, version }: CatalogueEntry): string {
  return `${name}:${version}`;
}

function findEntry(catalogue: readonly CatalogueEntry[], reference: string): CatalogueEntry | undefined {
  const [name, version] = reference.split(':');
  const found = catalogue.filter(
    (entry) =>
      [entry.name, ...(entry.aliases ?? [])].includes(name ?? '') &&
      (version === undefined || entry.version === version),
  );
  const preferred = found.length === 1 ? found[0] : found.find((entry) => entry.default === true);
  if (found.length > 0 && preferred === undefined) {
    throw new MillraceError(
      'config_invalid',
      `${reference} is more than one model: ${found.map(tagOf).join(', ')}.`,
    );
  }
  return preferred;
}

/**
 * The GGUF file that a reference stands for.
 *
 * @throws MillraceError `part_missing` if the model is not in the cache
 */
export function sourceOf(store: ModelStore, reference: ModelReference): string {
  if (reference.kind === 'path') return reference.path;
  const { entry } = reference;
  if (store.hasWeights(entry)) return store.weightsPath(entry);
  throw new MillraceError(
    'part_missing',
    `The model ${tagOf(entry)} is not on this machine: ${store.weightsPath(entry)} is not there${
      entry.default === true ? '; npm run setup fetches it' : ''
    }.`,
  );
}
