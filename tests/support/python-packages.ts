import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Packages from PyPI, kept in the cache folder.
 *
 * @param requirements as pip takes them, such as `openai==3.57.0`
 * @returns the folder that they are in
 */
export async function pythonPackages(...requirements: readonly string[]): Promise<string> {
  const cache =
    process.env['MILLRACE_CACHE_DIR'] ?? path.join(process.env['HOME'] ?? '', '.cache', 'millrace');
  const folder = path.join(cache, 'python', requirements.join('+'));
  if (!existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}`;
    await mkdir(path.dirname(folder), { recursive: true });
    try {
      await run('python3', [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--target',
        unfinished,
        ...requirements,
      ]);
      await rename(unfinished, folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  return folder;
}

/** Runs a script with the packages of a folder. @returns what it has printed. @throws with what it has said */
export async function runPython(
  packages: string,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout } = await run('python3', [script, ...args], {
    env: { ...process.env, ...env, PYTHONPATH: packages },
  });
  return stdout;
}
