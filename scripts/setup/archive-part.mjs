import { renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { publish } from './atomic-file.mjs';
import { ensureFolder } from './cache-folder.mjs';
import { hashFile } from './checked-file.mjs';
import { Interrupted } from './child-process.mjs';
import { formatBytes } from './progress.mjs';
import { downloadResumable } from './resumable-download.mjs';
import { reasonOf } from './set-up-error.mjs';

/**
 * @typedef {object} Member
 * @property {string} destination where it goes
 * @property {string} sha256
 * @property {number} mode
 * @property {(archive: string, destination: string) => Promise<void>} extract
 */

/**
 * Fetches an archive and puts members of it in their places, one after the other. Archive and members are checked; a
 * killed attempt leaves the archive, which the next one goes on with, and members that are whole.
 *
 * @param {object} options
 * @param {string} options.title of the step
 * @param {{ file: string, bytes: number, algorithm: 'sha256' | 'sha512', encoding: 'hex' | 'base64', digest: string }} options.archive
 * @param {Member[]} options.members
 * @param {() => Promise<string>} options.locate the archive's address
 * @param {(folder: string) => Promise<void>} options.fetchByClient lets pip or npm fetch it, where a plain request fails
 * @param {import('./set-up.mjs').Workshop} options.workshop
 * @throws an error that names each way that was tried
 */
export async function installArchiveMembers(options) {
  const { title, archive, members, workshop } = options;
  const step = workshop.reporter.step(title);
  try {
    const file = await fetchArchive(options, step);
    for (const member of members) await installMember(member, file, workshop);
    rmSync(file, { force: true });
    step.finish(formatBytes(archive.bytes));
  } catch (error) {
    step.abandon();
    throw error;
  }
}

async function installMember(member, archive, { temporaryFolder, checksums }) {
  const { destination, mode } = member;
  const temporary = join(ensureFolder(temporaryFolder), 'member');
  await member.extract(archive, temporary);
  const sha256 = await hashFile(temporary);
  if (sha256 !== member.sha256)
    throw new Error(`${basename(destination)} has the sha256 ${sha256}, expected ${member.sha256}`);
  publish(temporary, destination, { mode });
  checksums.remember(destination, sha256);
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
