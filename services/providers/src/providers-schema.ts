const name = (description: string) =>
  ({ type: 'string', minLength: 1, maxLength: 128, description }) as const;
const milliseconds = (description: string, fallback: number) =>
  ({ type: 'integer', minimum: 1, maximum: 3_600_000, default: fallback, description }) as const;

const amount = {
  type: 'string',
  pattern: '^\\d{1,9}(?:\\.\\d{1,10})?$',
  description: 'A decimal number.',
} as const;

export const defaults = {
  firstTokenTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
  retries: 2,
  maxConcurrency: 32,
} as const;

/** The file that `MILLRACE_PROVIDERS` names. */
export const providersSchema = {
  title: 'Providers',
  type: 'object',
  required: ['providers'],
  additionalProperties: false,
  properties: {
    providers: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['name', 'baseUrl', 'models'],
        additionalProperties: false,
        properties: {
          name: name('What it is called in metrics, decisions and lists of models.'),
          baseUrl: {
            type: 'string',
            pattern: '^https?://',
            description: 'Where /chat/completions and /embeddings are, such as https://host/v1.',
          },
          keyEnv: name('The environment variable that holds its key.'),
          keyFile: name('The file that holds its key.'),
          headers: {
            type: 'object',
            additionalProperties: { type: 'string' },
            description: 'Sent with each request.',
          },
          firstTokenTimeoutMs: milliseconds('Until its answer begins.', defaults.firstTokenTimeoutMs),
          idleTimeoutMs: milliseconds('From one piece of its answer to the next.', defaults.idleTimeoutMs),
          retries: {
            type: 'integer',
            minimum: 0,
            maximum: 10,
            default: defaults.retries,
            description: 'More tries where an answer has not begun.',
          },
          maxConcurrency: {
            type: 'integer',
            minimum: 1,
            maximum: 10_000,
            default: defaults.maxConcurrency,
            description: 'Requests to a model of it at once.',
          },
          models: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['name', 'contextLength', 'price'],
              additionalProperties: false,
              properties: {
                name: name('What clients ask for.'),
                upstream: name('What it is called there; by default the same.'),
                contextLength: {
                  type: 'integer',
                  minimum: 1,
                  description: 'Most tokens of prompt and answer.',
                },
                price: {
                  type: 'object',
                  required: ['currency', 'inputPerMillionTokens', 'outputPerMillionTokens'],
                  additionalProperties: false,
                  description:
                    'What its tokens cost our own clients, until the price book has another price.',
                  properties: {
                    currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'ISO 4217.' },
                    inputPerMillionTokens: amount,
                    outputPerMillionTokens: amount,
                    cachedAnswer: amount,
                  },
                },
                operations: {
                  type: 'array',
                  minItems: 1,
                  uniqueItems: true,
                  items: { enum: ['generate', 'embed'] },
                  default: ['generate'],
                  description: 'What it can do: /chat/completions, /embeddings.',
                },
                aliases: { type: 'array', items: name('Another name.') },
              },
            },
          },
        },
      },
    },
  },
} as const;

/** A file that fits the schema. */
export interface ProvidersFile {
  readonly providers: readonly ProviderEntry[];
}

export interface ProviderEntry {
  readonly name: string;
  readonly baseUrl: string;
  readonly keyEnv?: string;
  readonly keyFile?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly firstTokenTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly retries?: number;
  readonly maxConcurrency?: number;
  readonly models: readonly ModelEntry[];
}

export interface ModelEntry {
  readonly name: string;
  readonly upstream?: string;
  readonly contextLength: number;
  readonly operations?: readonly ('generate' | 'embed')[];
  readonly aliases?: readonly string[];
}
