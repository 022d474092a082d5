import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder } from './cache-folder.mjs';
import { hashFile } from './checked-file.mjs';
import { publish } from './atomic-file.mjs';
import { downloadResumable } from './resumable-download.mjs';
import { reasonOf } from './set-up-error.mjs';
import { formatBytes } from './progress.mjs';

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
 * @param {import('./set-up-context.mjs').Workshop} options.workshop
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

async function fetchArchive({ archive, locate, fetchByClient, workshop }, step) {
  const partial = join(ensureFolder(join(workshop.cache, 'downloads')), `${archive.file}.part`);
  const reasons = [];
  for (const attempt of [downloadPlainly, downloadPlainly, downloadByClient]) {
    try {
      const file = await attempt();
      const digest = await hashFile(file, archive.algorithm, archive.encoding);
      if (digest === archive.digest) return file;
      rmSync(file, { force: true });
      throw Object.assign(new Error(`the ${archive.algorithm} of ${archive.file} is ${digest}, expected ${archive.digest}`), {
        damaged: true,
      });
    } catch (error) {
      if (error.name === 'Interrupted') throw error;
      const reason = reasonOf(error);
      if (!reasons.includes(reason)) reasons.push(reason);
      // A damaged archive is worth one fresh download; what cannot be reached goes straight to the client.
      if (attempt === downloadPlainly && reasons.length === 1 && !error.damaged) {
        try {
          return await checkedByClient();
        } catch (clientError) {
          if (clientError.name === 'Interrupted') throw clientError;
          throw new Error([...reasons, reasonOf(clientError)].join('; '), { cause: clientError });
        }
      }
    }
  }
  throw new Error(reasons.join('; '));
}
