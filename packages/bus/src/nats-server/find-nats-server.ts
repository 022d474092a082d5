import { constants } from 'node:fs';
import { access, glob } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { MillraceError } from '@millrace/runtime';

/**
 * Where a nats-server is: `NATS_SERVER` when it is set, else one in the cache folder, else one on the PATH.
 * @throws MillraceError part_missing naming where it looked
 */
export async function findNatsServer(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  if (env['NATS_SERVER']) return env['NATS_SERVER'];
  const cacheDir =
    env['MILLRACE_CACHE_DIR'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'millrace');
  const name = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';
  for await (const path of glob(`**/${name}`, { cwd: cacheDir })) {
    const found = join(cacheDir, path);
    if (await isExecutable(found)) return found;
  }
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const found = join(folder, name);
    if (folder !== '' && (await isExecutable(found))) return found;
  }
  throw new MillraceError(
    'part_missing',
    `There is no nats-server in ${cacheDir} or on the PATH: set NATS_SERVER to one, or NATS_URL to one that is running`,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
