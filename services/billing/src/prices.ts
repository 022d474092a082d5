import { readConfigFile } from '@millrace/runtime';
import { prices, type Database } from '@millrace/store';

/** The part of the model manifest that has prices. */
export interface PricedManifest {
  readonly models?: readonly PricedModel[];
  /** In the file of the providers: the models are theirs. */
  readonly providers?: readonly PricedManifest[];
  readonly embeddings?: readonly PricedModel[];
}

interface PricedModel {
  readonly name: string;
  readonly price: {
    readonly currency: string;
    readonly inputPerMillionTokens: string;
    readonly outputPerMillionTokens: string;
    /** Share of it that an answer from the cache costs; 0 where it is left out. */
    readonly cachedAnswer?: string;
  };
}

/** Writes the manifest's price for each model that has none; a price that is there stays. @returns how many were written */
export async function seedPrices(database: Database, manifest: PricedManifest): Promise<number> {
  const rows = await database
    .insert(prices)
    .values(
      [...(manifest.models ?? []), ...(manifest.embeddings ?? [])].map(({ name, price }) => ({
        model: name,
        version: 1,
        currency: price.currency,
        inputPerMillion: price.inputPerMillionTokens,
        outputPerMillion: price.outputPerMillionTokens,
        cachedAnswer: price.cachedAnswer ?? '0',
        validFrom: new Date(0),
      })),
    )
    .onConflictDoNothing()
    .returning({ model: prices.model });
  return rows.length;
}

/** @throws `config_invalid` when it cannot be read as JSON */
export function readManifest(path: string, param = 'MILLRACE_MODEL_MANIFEST'): Promise<PricedManifest> {
  return readConfigFile<PricedManifest>(path, param);
}
