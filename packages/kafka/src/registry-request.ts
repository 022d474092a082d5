import { MillraceError } from '@millrace/runtime';
import type { RegistrySettings } from './kafka-settings.ts';

export interface RegistryRequest {
  readonly path: string;
  /** Posted as JSON; without it, it is a GET. */
  readonly body?: object;
}

type Answer = Readonly<Record<string, unknown>>;

/** What a registry answers that has the question but not the thing: unknown, incompatible, unprocessable. */
const refusals: ReadonlySet<number> = new Set([404, 409, 422]);

/**
 * Asks the HTTP API of a registry.
 *
 * @throws `config_invalid` for a URL that is none; the function it returns: `schema_unknown` where the registry says no, `unavailable`
 *   where it does not answer in time, fails or does not take this client
 */
export function requestRegistry(settings: RegistrySettings): (request: RegistryRequest) => Promise<Answer> {
  const base = baseUrl(settings);
  const headers = {
    accept: 'application/vnd.schemaregistry.v1+json, application/json',
    'content-type': 'application/vnd.schemaregistry.v1+json',
    ...authorization(settings),
  };
  return async ({ path, body }) => {
    const response = await answerOf(`${base}${path}`, {
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(settings.registryTimeoutMs),
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (response.status === 200) return response.answer;
    const { message = 'no reason given' } = response.answer;
    const said = `the schema registry answers ${response.status} to ${path}: ${String(message).slice(0, 500)}`;
    throw new MillraceError(refusals.has(response.status) ? 'schema_unknown' : 'unavailable', said);
  };
}

async function answerOf(
  url: string,
  init: RequestInit,
): Promise<{ readonly status: number; readonly answer: Answer }> {
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    return { status: response.status, answer: response.ok ? object(JSON.parse(text)) : refusalOf(text) };
  } catch (cause) {
    throw new MillraceError('unavailable', 'The schema registry could not be reached in time.', { cause });
  }
}

function object(value: unknown): Answer {
  return typeof value === 'object' && value !== null ? (value as Answer) : {};
}

function refusalOf(text: string): Answer {
  try {
    return object(JSON.parse(text));
  } catch {
    return { message: text };
  }
}

function baseUrl({ registryUrl }: RegistrySettings): string {
  if (registryUrl === undefined || !URL.canParse(registryUrl) || !/^https?:/u.test(registryUrl))
    throw new MillraceError(
      'config_invalid',
      `MILLRACE_SCHEMA_REGISTRY_URL is ${registryUrl === undefined ? 'not set' : JSON.stringify(registryUrl)}: it must be an http or https URL.`,
      { param: 'MILLRACE_SCHEMA_REGISTRY_URL' },
    );
  return registryUrl.replace(/\/+$/u, '');
}

function authorization({ registryUser, registryPassword }: RegistrySettings): Record<string, string> {
  if (registryUser === undefined) return {};
  const account = `${registryUser}:${registryPassword?.reveal() ?? ''}`;
  return { authorization: `Basic ${Buffer.from(account).toString('base64')}` };
}
