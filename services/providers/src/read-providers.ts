import { readFile } from 'node:fs/promises';
import { compileValidator, MillraceError, readConfigFile, Secret } from '@millrace/runtime';
import type { Provider } from './provider.ts';
import { defaults, providersSchema, type ProviderEntry, type ProvidersFile } from './providers-schema.ts';

const param = 'MILLRACE_PROVIDERS';

/**
 * The providers that the file names, with their keys; none without a file.
 *
 * @throws `config_invalid` naming the place in the file, or the key that is not there
 */
export async function readProviders(
  path: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<readonly Provider[]> {
  if (path === undefined) return [];
  const { providers } = await readConfigFile(path, param, compileValidator<ProvidersFile>(providersSchema));
  const seen = new Set<string>();
  for (const { name } of providers.flatMap(({ models }) => models)) {
    if (seen.has(name)) throw invalid(`${path} has two models of the name ${JSON.stringify(name)}.`);
    seen.add(name);
  }
  return Promise.all(providers.map((entry) => providerOf(entry, env)));
}

async function providerOf(entry: ProviderEntry, env: NodeJS.ProcessEnv): Promise<Provider> {
  const { name, baseUrl, headers = {}, models } = entry;
  return {
    ...defaults,
    ...Object.fromEntries(
      Object.keys(defaults).flatMap((field) => {
        const value = entry[field as keyof typeof defaults];
        return value === undefined ? [] : [[field, value]];
      }),
    ),
    name,
    baseUrl: baseUrl.replace(/\/+$/u, ''),
    headers,
    key: await keyOf(entry, env),
    models: models.map((model) => ({
      name: model.name,
      upstream: model.upstream ?? model.name,
      contextLength: model.contextLength,
      operations: model.operations ?? ['generate'],
      aliases: model.aliases ?? [],
    })),
  };
}

async function keyOf(
  { name, keyEnv, keyFile }: ProviderEntry,
  env: NodeJS.ProcessEnv,
): Promise<Secret | undefined> {
  if (keyEnv !== undefined && keyFile !== undefined)
    throw invalid(`The provider ${name} has both keyEnv and keyFile: it may have one of them.`);
  if (keyEnv !== undefined) {
    const value = env[keyEnv]?.trim();
    if (value === undefined || value === '')
      throw invalid(`${keyEnv}, the key of the provider ${name}, is not set.`);
    return new Secret(value);
  }
  if (keyFile === undefined) return undefined;
  try {
    return new Secret((await readFile(keyFile, 'utf8')).trim());
  } catch (cause) {
    throw invalid(`${keyFile}, the key of the provider ${name}, cannot be read.`, cause);
  }
}

function invalid(message: string, cause?: unknown): MillraceError {
  return new MillraceError('config_invalid', message, { param, cause });
}
