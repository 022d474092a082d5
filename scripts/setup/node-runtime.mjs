import { join } from 'node:path';
import { installArchiveMembers } from './archive-part.mjs';
import { Interrupted } from './child-process.mjs';
import { createNpmClient } from './npm-client.mjs';
import { reasonOf, SetUpError } from './set-up-error.mjs';
import { extractTarMember } from './tar-member.mjs';

/** Whether this version runs the program: 24, or a later release with long support (vitest leaves 25 out). */
export function suits(version, major) {
  const running = Number.parseInt(version.slice(1), 10);
  return running === major || running >= major + 2;
}

/**
 * The Node that runs the program: this one where it is new enough, else the pinned one in the cache.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @returns {Promise<string>} the path of the binary
 */
export async function provideNode(workshop) {
  const { cache, parts, platform, environment, root } = workshop;
  if (suits(process.version, parts.node.major)) return process.execPath;
  const pin = parts.node.platforms[platform];
  const supply = [`Node ${parts.node.major} on PATH (this is ${process.version})`];
  if (pin === undefined) {
    throw new SetUpError(`Node ${parts.node.major} is needed, and none is pinned for ${platform}.`, {
      supply,
    });
  }
  const destination = join(cache, `node-${pin.version}`, 'bin', 'node');
  const isReady = () => workshop.checksums.holds(destination, pin.sha256);
  if (await isReady()) return destination;

  await workshop.exclusively(async ({ guard }) => {
    if (await isReady()) return;
    const npm = createNpmClient({ node: process.execPath, environment, root });
    const archiveName = `${pin.package}-${pin.version}.tgz`;
    try {
      await installArchiveMembers({
        title: `Node ${pin.version}`,
        archive: {
          file: archiveName,
          bytes: pin.archiveBytes,
          algorithm: 'sha512',
          encoding: 'base64',
          digest: pin.integrity.replace('sha512-', ''),
        },
        members: [
          {
            destination,
            sha256: pin.sha256,
            mode: 0o755,
            extract: (archive, target) => extractTarMember(archive, pin.member, target),
          },
        ],
        locate: () => npm.archiveUrl(pin.package, pin.version),
        fetchByClient: (folder) => npm.pack(pin.package, pin.version, folder, guard),
        workshop,
      });
    } catch (error) {
      if (error instanceof Interrupted || error instanceof SetUpError) throw error;
      throw new SetUpError(`Node ${parts.node.major} is missing.`, {
        looked: [
          `this process: ${process.version}`,
          destination,
          `npm ${pin.package}@${pin.version}: ${reasonOf(error)}`,
        ],
        supply,
        cause: error,
      });
    }
  });
  return destination;
}
