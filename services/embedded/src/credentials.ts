import { readFile, rename, writeFile } from 'node:fs/promises';
import { verifyCredential } from '@millrace/auth-quota';
import { createApiKey, createTenant } from '@millrace/control-plane';
import type { Clock } from '@millrace/runtime';
import type { Database } from '@millrace/store';

/** The tenant of an installation on one machine. */
export const defaultTenant = 'default';

const firstKey = { tenant: defaultTenant, name: 'npm start', roles: ['admin'], reach: 'platform' } as const;

/** What `credentials.json` holds. */
export interface Credentials {
  readonly url: string;
  readonly tenant: string;
  readonly api_key: string;
}

/**
 * The API key of the default tenant, which may administer the platform: the one in the file if it still does, else a new one. The file is
 * for its owner alone.
 */
export async function ensureCredentials(
  database: Database,
  clock: Clock,
  file: string,
  url: string,
): Promise<Credentials> {
  await createTenant(database, { id: defaultTenant, name: 'Default tenant' });
  const present = await readKey(file);
  const answer = present === undefined ? undefined : await verifyCredential(database, present, clock.now());
  // Who is barred keeps the key.
  const works = answer?.code === 'permission_denied' || answer?.principal?.reach === 'platform';
  const key = works && present !== undefined ? present : (await createApiKey(database, firstKey)).key;
  const credentials: Credentials = { url, tenant: defaultTenant, api_key: key };
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
  return credentials;
}

async function readKey(file: string): Promise<string | undefined> {
  try {
    const key: unknown = (JSON.parse(await readFile(file, 'utf8')) as Partial<Credentials>).api_key;
    return typeof key === 'string' ? key : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
