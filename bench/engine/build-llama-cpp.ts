import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { benchFolder, withTemporaryFolder } from './bench-folder.ts';
import { runCommand } from './run-command.ts';

const project = 'llama-cpp-python';
const folderPrefix = 'llama.cpp-';
const tools = ['llama-bench', 'llama-batched-bench'] as const;

export interface LlamaCpp {
  /** Version of the package that the source came in. */
  readonly version: string;
  /** The folder of the tools. */
  readonly binaries: string;
}

/**
 * llama.cpp's own benchmarks, for this very processor, from the source inside the source package of llama-cpp-python. Takes
 * minutes, once; a build that was broken off goes on.
 */
export async function buildLlamaCpp(threads: number): Promise<LlamaCpp> {
  const folder = (await findSource()) ?? (await fetchSource());
  const version = path.basename(folder).slice(folderPrefix.length);
  const build = path.join(folder, 'build');
  const binaries = path.join(build, 'bin');
  if (tools.every((tool) => existsSync(path.join(binaries, tool)))) return { version, binaries };
  process.stderr.write(`building llama.cpp (${project} ${version}): this takes minutes …\n`);
  const settings = [
    '-DCMAKE_BUILD_TYPE=Release',
    '-DGGML_NATIVE=ON',
    '-DLLAMA_CURL=OFF',
    '-DLLAMA_BUILD_SERVER=OFF',
    '-DLLAMA_BUILD_TESTS=OFF',
    '-DLLAMA_BUILD_EXAMPLES=OFF',
  ];
  await runCommand('cmake', ['-S', path.join(folder, 'source'), '-B', build, ...settings]);
  await runCommand('cmake', ['--build', build, '--parallel', String(threads), '--target', ...tools]);
  return { version, binaries };
}

async function findSource(): Promise<string | undefined> {
  const names = existsSync(benchFolder()) ? await readdir(benchFolder()) : [];
  const found = names
    .filter((name) => name.startsWith(folderPrefix))
    .toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }))
    .at(-1);
  return found === undefined ? undefined : path.join(benchFolder(), found);
}

/** pip asks the package for its metadata, which may install what the package is built with into a folder that pip removes again. */
async function fetchSource(): Promise<string> {
  process.stderr.write(`fetching the source of ${project} …\n`);
  return withTemporaryFolder(benchFolder(), async (temporary) => {
    const flags = ['--no-binary', project, '--no-deps', '--disable-pip-version-check', '--quiet'];
    await runCommand('python3', ['-m', 'pip', 'download', ...flags, '--dest', temporary, project]);
    const archive = (await readdir(temporary)).find((name) => name.endsWith('.tar.gz'));
    if (archive === undefined) throw new Error(`pip brought no source of ${project}.`);
    const root = archive.slice(0, -'.tar.gz'.length);
    const source = path.join(temporary, 'tree', 'source');
    await mkdir(source, { recursive: true });
    const from = ['-xzf', path.join(temporary, archive), '-C', source];
    await runCommand('tar', [...from, '--strip-components=3', `${root}/vendor/llama.cpp`]);
    const target = path.join(benchFolder(), `${folderPrefix}${root.slice(root.lastIndexOf('-') + 1)}`);
    await rename(path.dirname(source), target);
    return target;
  });
}
