import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's packages of kcat and of what it needs beyond a usual system. */
const packages = ['kcat', 'librdkafka1', 'libyajl2'];

/**
 * The folder with kcat: on PATH, or Debian's packages unpacked into the cache folder, for which nobody has to be root.
 *
 * @returns undefined where there is neither
 */
async function findKcat(): Promise<{ readonly command: string; readonly libraries: string } | undefined> {
  try {
    await run('kcat', ['-V']);
    return { command: 'kcat', libraries: '' };
  } catch {
    // Not on PATH.
  }
  const cache =
    process.env['MILLRACE_CACHE_DIR'] ?? path.join(process.env['HOME'] ?? '', '.cache', 'millrace');
  const folder = path.join(cache, 'kcat');
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true });
    const unfinished = await mkdtemp(path.join(cache, 'kcat-'));
    try {
      await run('apt-get', ['download', ...packages], { cwd: unfinished });
      for (const file of await readdir(unfinished))
        if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', path.join(unfinished, file), unfinished]);
      await rename(unfinished, folder);
    } catch {
      await rm(unfinished, { recursive: true, force: true });
      return undefined;
    }
  }
  const [libraries = ''] = (await readdir(path.join(folder, 'usr', 'lib'))).map((each) =>
    path.join(folder, 'usr', 'lib', each),
  );
  return { command: path.join(folder, 'usr', 'bin', 'kcat'), libraries };
}

/** Runs kcat as the examples show it. */
export type Kcat = (args: readonly string[], input?: string) => Promise<Buffer>;

/** @returns undefined, and says so, where there is no kcat; in CI that is an error */
export async function kcatOrSkip(): Promise<Kcat | undefined> {
  const kcat = await findKcat();
  if (kcat === undefined) {
    const message = 'kcat is missing: it is neither on PATH, nor can apt-get download it';
    if (process.env['CI']) throw new Error(message);
    process.stderr.write(`\n*** THE EXAMPLE OF KCAT IS SKIPPED: ${message}.\n`);
    return undefined;
  }
  const env = { ...process.env, LD_LIBRARY_PATH: kcat.libraries };
  return async (args, input = '') => {
    const child = spawn(kcat.command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    let problems = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (problems += chunk.toString()));
    child.stdin.end(input);
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${String(code)}: ${problems}`);
    return Buffer.concat(out);
  };
}
