import { compileValidator, readConfigFile } from '@millrace/runtime';
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

const amount = { type: 'string', pattern: String.raw`^\d{1,9}(?:\.\d{1,10})?$` } as const;

const pricedModels = {
  type: 'array',
  items: {
    type: 'object',
    required: ['name', 'price'],
    properties: {
      name: { type: 'string', minLength: 1 },
      price: {
        type: 'object',
        required: ['currency', 'inputPerMillionTokens', 'outputPerMillionTokens'],
        properties: {
          currency: { type: 'string', pattern: '^[A-Z]{3}$' },
          inputPerMillionTokens: amount,
          outputPerMillionTokens: amount,
          cachedAnswer: amount,
        },
      },
    },
  },
} as const;

/** What else a manifest or a file of providers has is for others. */
const manifestProperties = { models: pricedModels, embeddings: pricedModels } as const;

const manifestSchema = {
  type: 'object',
  properties: {
    ...manifestProperties,
    providers: { type: 'array', items: { type: 'object', properties: manifestProperties } },
  },
} as const;

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

/** @throws `config_invalid` when it cannot be read as JSON, or naming the place of a price that is missing or wrong */
export function readManifest(path: string, param = 'MILLRACE_MODEL_MANIFEST'): Promise<PricedManifest> {
  return readConfigFile(path, param, compileValidator<PricedManifest>(manifestSchema));
}
