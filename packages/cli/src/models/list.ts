import { existsSync } from 'node:fs';
import path from 'node:path';
import { formatColumns } from '../columns.ts';
import type { Outcome } from '../outcome.ts';
import { tagOf, type ModelStore } from './model-store.ts';

/** The models of the catalogue, and which of them are on this machine. */
export async function list(store: ModelStore): Promise<Outcome> {
  const models = await Promise.all(
    store.catalogue.map(async (entry) => ({
      tag: tagOf(entry),
      name: entry.name,
      version: entry.version,
      aliases: entry.aliases ?? [],
      default: entry.default === true,
      license: entry.license,
      contextTokens: entry.contextTokens,
      sizeBytes: entry.sizeBytes,
      sha256: entry.sha256,
      cached: store.hasWeights(entry),
      converted: existsSync(path.join(await store.convertedFolder(entry), 'model.json')),
    })),
  );
  const rows = models.map(
    ({ tag, aliases, license, contextTokens, sizeBytes, cached, converted, ...model }) => [
      `${tag}${model.default ? ' (default)' : ''}`,
      aliases.join(', '),
      `${Math.round(sizeBytes / 1e6)} MB`,
      String(contextTokens),
      license,
      cached ? 'yes' : 'no',
      converted ? 'yes' : 'no',
    ],
  );
  const head = ['MODEL', 'ALIASES', 'SIZE', 'CONTEXT', 'LICENCE', 'CACHED', 'CONVERTED'];
  return { text: formatColumns([head, ...rows]), json: { models }, isGood: true };
}
