import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

const blockBytes = 512;

/**
 * Writes one member of a gzipped tar file (an npm package is one) to `destination`. Layout: POSIX ustar.
 *
 * @param decompress what undoes the compression, where it is another
 * @throws where the archive is cut short or has no such member
 */
export async function extractTarMember(archive, member, destination, decompress = createGunzip()) {
  const file = createReadStream(archive);
  const source = file.pipe(decompress);
  file.on('error', (error) => source.destroy(error));
  const output = await open(destination, 'w');
  try {
    let pending = Buffer.alloc(0);
    let skipBytes = 0;
    let wantedBytes;
    for await (const chunk of source) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (;;) {
        if (skipBytes > 0) {
          const skipped = Math.min(skipBytes, pending.length);
          pending = pending.subarray(skipped);
          skipBytes -= skipped;
        }
        if (wantedBytes !== undefined) {
          const part = pending.subarray(0, wantedBytes);
          await output.writeFile(part);
          wantedBytes -= part.length;
          pending = pending.subarray(part.length);
          if (wantedBytes === 0) return;
        }
        if (pending.length < blockBytes || skipBytes > 0) break;
        const header = readHeader(pending.subarray(0, blockBytes));
        pending = pending.subarray(blockBytes);
        if (header.name === member) wantedBytes = header.bytes;
        else skipBytes = Math.ceil(header.bytes / blockBytes) * blockBytes;
      }
    }
    throw new Error(`no whole ${member} in the archive`);
  } finally {
    file.destroy();
    source.destroy();
    await output.close();
  }
}

function readHeader(block) {
  const text = (start, length) => block.toString('utf8', start, start + length).replace(/\0.*$/su, '');
  const prefix = text(345, 155);
  const name = text(0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    bytes: Number.parseInt(text(124, 12).trim() || '0', 8),
  };
}
