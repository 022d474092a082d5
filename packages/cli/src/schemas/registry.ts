import { MillraceError } from '@millrace/runtime';
import type { SchemasCliSettings } from './config.ts';

/** A schema registry by the HTTP API of Confluent, as far as these commands need it. */
export interface SchemaRegistry {
  readonly url: string;
  subjects(): Promise<readonly string[]>;
  /** The versions of a subject, oldest first; none where there is no such subject. */
  versions(subject: string): Promise<readonly number[]>;
  /** The text of a version. */
  schema(subject: string, version: number): Promise<string>;
  /** The version under which a subject has this very schema; undefined: it does not have it. */
  find(subject: string, schema: string): Promise<number | undefined>;
  /** What the registry has against a schema as the next version of a subject; none: it would take it. */
  objections(subject: string, schema: string): Promise<readonly string[]>;
  /** Adds a schema as the next version. @returns its id */
  register(subject: string, schema: string): Promise<number>;
}

const mediaType = 'application/vnd.schemaregistry.v1+json';

/** Codes of the registry for what is not there. */
const notFound = new Set([40_401, 40_402, 40_403]);

/**
 * Each method throws `unavailable` where the registry does not answer in time or answers 5xx, `config_invalid` where it refuses.
 *
 * @throws MillraceError `config_invalid` where no address is known, or it is none
 */
export function openRegistry(registry: string | undefined, settings: SchemasCliSettings): SchemaRegistry {
  const text = registry ?? settings.registryUrl;
  if (text === undefined)
    throw invalid('Name the registry: --registry http://host:8081, or MILLRACE_SCHEMA_REGISTRY_URL.');
  const base = URL.parse(text);
  if (base === null || !['http:', 'https:'].includes(base.protocol))
    throw invalid(`--registry is ${text}: it must look like http://host:8081.`);
  const authorization = authorizationOf(base, settings);
  const url = `${base.origin}${base.pathname.replace(/\/$/u, '')}`;

  const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: { accept: mediaType, 'content-type': mediaType, ...authorization },
        signal: AbortSignal.timeout(settings.registryTimeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      answer = await response.json();
    } catch (cause) {
      const why = cause instanceof SyntaxError ? 'does not answer with JSON' : 'does not answer';
      throw new MillraceError('unavailable', `The registry at ${url} ${why}.`, { cause });
    }
    if (response.ok) return { ok: true, value: answer };
    const { error_code: code, message } = answer as { readonly error_code?: number; readonly message?: string };
    return { ok: false, code: code ?? response.status, status: response.status, message: message ?? '' };
  };
  const value = async <Value>(method: string, path: string, body?: object): Promise<Value> => {
    const answer = await ask(method, path, body);
    if (answer.ok) return answer.value as Value;
    throw refusal(url, `${method} ${path}`, answer);
  };

  return {
    url,
    subjects: () => value('GET', '/subjects'),
    async versions(subject) {
      const path = `${pathOf(subject)}/versions`;
      const answer = await ask('GET', path);
      if (answer.ok) return answer.value as readonly number[];
      if (notFound.has(answer.code)) return [];
      throw refusal(url, `GET ${path}`, answer);
    },
    async schema(subject, version) {
      return (await value<{ readonly schema: string }>('GET', `${pathOf(subject)}/versions/${version}`)).schema;
    },
    async find(subject, schema) {
      const answer = await ask('POST', pathOf(subject), { schema });
      if (answer.ok) return (answer.value as { readonly version: number }).version;
      if (notFound.has(answer.code)) return undefined;
      throw refusal(url, `POST ${pathOf(subject)}`, answer);
    },
    async objections(subject, schema) {
      const path = `/compatibility${pathOf(subject)}/versions/latest?verbose=true`;
      const answer = await ask('POST', path, { schema });
      if (!answer.ok) {
        if (notFound.has(answer.code)) return [];
        throw refusal(url, `POST ${path}`, answer);
      }
      const { is_compatible: isCompatible, messages = [] } = answer.value as {
        readonly is_compatible: boolean;
        readonly messages?: readonly string[];
      };
      if (isCompatible) return [];
      return messages.length > 0 ? messages : ['The registry says that it is not compatible.'];
    },
    async register(subject, schema) {
      const { id } = await value<{ readonly id: number }>('POST', `${pathOf(subject)}/versions`, { schema });
      return id;
    },
  };
}

const pathOf = (subject: string): string => `/subjects/${encodeURIComponent(subject)}`;

type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: number; readonly status: number; readonly message: string };

function refusal(url: string, what: string, { status, message }: Answer & { readonly ok: false }): MillraceError {
  const code = status >= 500 ? 'unavailable' : 'config_invalid';
  return new MillraceError(code, `The registry at ${url} refuses ${what} (${status}): ${message}`);
}

function authorizationOf(base: URL, settings: SchemasCliSettings): Readonly<Record<string, string>> {
  const user = base.username === '' ? settings.registryUser : decodeURIComponent(base.username);
  if (user === undefined) return {};
  const password =
    base.username === '' ? (settings.registryPassword?.reveal() ?? '') : decodeURIComponent(base.password);
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function invalid(message: string): MillraceError {
  return new MillraceError('config_invalid', message, { param: '--registry' });
}
