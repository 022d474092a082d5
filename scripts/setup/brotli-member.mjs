import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { extractTarMember } from './tar-member.mjs';

/**
 * Writes a member of a gzipped tar file that is compressed once more, with Brotli, to `destination`.
 *
 * @throws where the archive is cut short or has no such member
 */
export async function extractBrotliMember(archive, member, destination) {
  await throughMember(archive, member, destination, (compressed) =>
    pipeline(createReadStream(compressed), createBrotliDecompress(), createWriteStream(destination)),
  );
}

/** The same of a member that is a tar file, compressed with Brotli, of which one member is wanted. */
export async function extractBrotliTarMember(archive, member, inner, destination) {
  await throughMember(archive, member, destination, (compressed) =>
    extractTarMember(compressed, inner, destination, createBrotliDecompress()),
  );
}

async function throughMember(archive, member, destination, extract) {
  const compressed = `${destination}.br`;
  try {
    await extractTarMember(archive, member, compressed);
    await extract(compressed);
  } finally {
    await rm(compressed, { force: true });
  }
}
