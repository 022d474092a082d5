import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCodes, MillraceError, type ErrorCode } from '@millrace/runtime';
import type { CliSettings } from '../config.ts';

export interface AdminRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Behind `/admin/v1`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Of what is changed. */
  readonly ifMatch?: string;
  /** The same request under the same one is carried out once. */
  readonly idempotencyKey?: string;
}

export interface AdminAnswer {
  readonly etag: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Asks the administration. @throws what it refuses with; `unavailable` where it cannot be reached */
export type AdminClient = (request: AdminRequest) => Promise<AdminAnswer>;

/**
 * A client of the administration that the settings name; by default that of `npm start` on this machine, with its key.
 *
 * @throws `config_invalid` where no key is known
 */
export async function createAdminClient(settings: CliSettings): Promise<AdminClient> {
  const ask = await createAsker(settings);
  return async (request) => {
    const response = await ask(request);
    const answer = await readAnswer(response);
    if (!response.ok) throw refusalOf(answer);
    return { etag: response.headers.get('etag') ?? undefined, body: answer };
  };
}

/**
 * Asks for lines of JSON, which are read as they come.
 *
 * @throws as a client, before the first line
 */
export async function askForLines(
  settings: CliSettings,
  request: AdminRequest,
): Promise<AsyncIterable<string>> {
  const response = await (await createAsker(settings))(request);
  if (!response.ok) throw refusalOf(await readAnswer(response));
  return linesOf(response.body ?? []);
}

async function* linesOf(body: AsyncIterable<Uint8Array> | readonly Uint8Array[]): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** @throws `config_invalid` where no key is known */
async function createAsker(settings: CliSettings): Promise<(request: AdminRequest) => Promise<Response>> {
  const { url, apiKey } = await findAdministration(settings);
  return async ({ method, path: place, query = {}, body, ifMatch, idempotencyKey }) => {
    const target = new URL(`${url.replace(/\/+$/, '')}/admin/v1${place}`);
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
    try {
      return await fetch(target, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new MillraceError(
        'unavailable',
        `The administration at ${url} cannot be reached: start Millrace with npm start, or set MILLRACE_ADMIN_URL.`,
        { cause },
      );
    }
  };
}

async function findAdministration(
  settings: CliSettings,
): Promise<{ readonly url: string; readonly apiKey: string }> {
  const { adminUrl, apiKey, dataFolder } = settings;
  if (adminUrl !== undefined && apiKey !== undefined) return { url: adminUrl, apiKey: apiKey.reveal() };
  const file = path.join(dataFolder, 'credentials.json');
  const known = await readCredentials(file);
  const key = apiKey?.reveal() ?? known?.api_key;
  if (key === undefined)
    throw new MillraceError(
      'config_invalid',
      `No API key is known: set MILLRACE_API_KEY, or start Millrace with npm start, which writes ${file}.`,
      { param: 'MILLRACE_API_KEY' },
    );
  return { url: adminUrl ?? known?.url ?? 'http://127.0.0.1:8787', apiKey: key };
}

interface StoredCredentials {
  readonly url?: string;
  readonly api_key?: string;
}

async function readCredentials(file: string): Promise<StoredCredentials | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as StoredCredentials;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new MillraceError('config_invalid', `${file} cannot be read.`, { cause: error });
  }
}

async function readAnswer(response: Response): Promise<AdminAnswer['body']> {
  try {
    return (await response.json()) as AdminAnswer['body'];
  } catch (cause) {
    throw new MillraceError(
      'unavailable',
      `${new URL(response.url).origin} answers what is no JSON: is it Millrace's administration?`,
      {
        cause,
      },
    );
  }
}

interface ErrorBody {
  readonly error?: {
    readonly message?: string;
    readonly code?: string | null;
    readonly param?: string | null;
  };
}

function refusalOf({ error = {} }: ErrorBody): MillraceError {
  const { code, message = 'The administration refuses.', param } = error;
  const known = Object.keys(errorCodes).find((each): each is ErrorCode => each === code) ?? 'invalid_value';
  return new MillraceError(known, message, { param: param ?? undefined });
}
