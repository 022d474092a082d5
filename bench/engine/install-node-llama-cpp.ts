import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { benchFolder, makeWhole } from './bench-folder.ts';
import { runNpm } from './run-command.ts';

const packageName = 'node-llama-cpp';
const range = '3';

/** Packages with the prebuilt binaries that need no GPU. */
const binaries: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

export interface InstalledPeer {
  readonly version: string;
  /** The folder of the package. */
  readonly installed: string;
}

/**
 * Installs the newest node-llama-cpp 3 into the cache, where it is not there yet, with the prebuilt binaries for this machine's
 * processor alone. No install script runs, so nothing is downloaded or built behind npm's back.
 */
export async function installNodeLlamaCpp(): Promise<InstalledPeer> {
  const version = await newestVersion();
  const folder = path.join(benchFolder(), `${packageName}-${version}`);
  if (!existsSync(folder)) {
    const binary = binaries[`${process.platform}-${process.arch}`];
    if (binary === undefined)
      throw new Error(`${packageName} has no binaries for ${process.platform} on ${process.arch}.`);
    process.stderr.write(`installing ${packageName} ${version} …\n`);
    await makeWhole(folder, async (temporary) => {
      const tree = path.join(temporary, 'tree');
      await mkdir(tree);
      const flags = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--no-package-lock'];
      const packages = [`${packageName}@${version}`, `@node-llama-cpp/${binary}@${version}`];
      await runNpm(['install', '--prefix', tree, ...flags, ...packages]);
      return tree;
    });
  }
  return { version, installed: path.join(folder, 'node_modules', packageName) };
}

/** The newest that npm knows; without a network, the newest that is installed. */
async function newestVersion(): Promise<string> {
  try {
    const view = ['view', `${packageName}@${range}`, 'version', '--json', '--fetch-retries=1'];
    return newest([JSON.parse(await runNpm(view)) as string | string[]].flat());
  } catch (error) {
    const prefix = `${packageName}-`;
    const names = existsSync(benchFolder()) ? await readdir(benchFolder()) : [];
    const found = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    if (found.length === 0) throw error;
    return newest(found);
  }
}

function newest(versions: readonly string[]): string {
  const sorted = versions.toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true }));
  return sorted.at(-1) ?? '';
}
