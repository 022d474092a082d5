import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { publish } from './atomic-file.mjs';
import { ensureFolder } from './cache-folder.mjs';
import { hashFile } from './checked-file.mjs';
import { Interrupted } from './child-process.mjs';
import { formatBytes } from './progress.mjs';
import { downloadResumable } from './resumable-download.mjs';
import { reasonOf } from './set-up-error.mjs';

/**
 * Fetches an archive and puts one member of it in its place. Archive and member are checked; a killed attempt
 * leaves a partial archive that the next one goes on with, and nothing else.
 *
 * @param {object} options
 * @param {string} options.title of the step
 * @param {string} options.destination where the member goes
 * @param {{ file: string, bytes: number, algorithm: 'sha256' | 'sha512', encoding: 'hex' | 'base64', digest: string }} options.archive
 * @param {{ sha256: string, mode: number, extract: (archive: string, destination: string) => Promise<void> }} options.member
 * @param {() => Promise<string>} options.locate the archive's address
 * @param {(folder: string) => Promise<void>} options.fetchByClient lets pip or npm fetch it, where a plain request fails
 * @param {import('./set-up.mjs').Workshop} options.workshop
 * @throws an error that names each way that was tried
 */
export async function installArchiveMember(options) {
  const { title, destination, archive, member, workshop } = options;
  const step = workshop.reporter.step(title);
  try {
    const file = await fetchArchive(options, step);
    const temporary = join(ensureFolder(workshop.temporaryFolder), 'member');
    await member.extract(file, temporary);
    const sha256 = await hashFile(temporary);
    if (sha256 !== member.sha256) throw new Error(`its sha256 is ${sha256}, expected ${member.sha256}`);
    publish(temporary, destination, { mode: member.mode });
    workshop.checksums.remember(destination, sha256);
    rmSync(file, { force: true });
    step.finish(formatBytes(archive.bytes));
  } catch (error) {
    step.abandon();
    throw error;
  }
}

/** The path of the whole, checked archive. A damaged one is fetched afresh once, then the client's way is tried. */
async function fetchArchive(options, step) {
  const { archive } = options;
  const reasons = [];
  for (const way of [fetchByRequest, fetchByClient]) {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        const file = await way(options, step);
        const digest = await hashFile(file, archive.algorithm, archive.encoding);
        if (digest === archive.digest) return file;
        rmSync(file, { force: true });
        reasons.push(
          `${archive.file} was damaged (${archive.algorithm} ${digest}, expected ${archive.digest})`,
        );
      } catch (error) {
        if (error instanceof Interrupted) throw error;
        reasons.push(reasonOf(error));
        break;
      }
    }
  }
  throw new Error([...new Set(reasons)].join('; '));
}

function partialArchive({ archive, workshop }) {
  return join(ensureFolder(join(workshop.cache, 'downloads')), `${archive.file}.part`);
}

async function fetchByRequest(options, step) {
  const { archive, locate } = options;
  const destination = partialArchive(options);
  const totalBytes = archive.bytes;
  await downloadResumable({
    locate,
    destination,
    totalBytes,
    onProgress: (done) => step.update({ done, total: totalBytes }),
    onRetry: (error) => step.note(`${reasonOf(error)}, trying again`),
  });
  return destination;
}

async function fetchByClient(options) {
  const folder = ensureFolder(join(options.workshop.temporaryFolder, 'client'));
  await options.fetchByClient(folder);
  const destination = partialArchive(options);
  renameSync(join(folder, options.archive.file), destination);
  return destination;
}
