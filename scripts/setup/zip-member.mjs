import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const endRecordBytes = 22;
const longestCommentBytes = 65_535;
const methodStored = 0;
const methodDeflated = 8;

/**
 * Writes one member of a zip file (a Python wheel is one) to `destination`. Layouts: PKWARE APPNOTE 4.3; without zip64.
 *
 * @throws where the archive is not a zip file or has no such member
 */
export async function extractZipMember(archive, member, destination) {
  const file = await open(archive);
  let entry;
  try {
    entry = await findEntry(file, member);
  } finally {
    await file.close();
  }
  const source =
    entry.compressedBytes === 0
      ? []
      : createReadStream(archive, { start: entry.start, end: entry.start + entry.compressedBytes - 1 });
  const stages = entry.method === methodDeflated ? [source, createInflateRaw()] : [source];
  await pipeline(...stages, createWriteStream(destination));
}

async function findEntry(file, member) {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - endRecordBytes - longestCommentBytes), size);
  const end = tail.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (end < 0) throw new Error('not a zip archive');
  const directoryBytes = tail.readUInt32LE(end + 12);
  const directoryStart = tail.readUInt32LE(end + 16);
  const directory = await readAt(file, directoryStart, directoryStart + directoryBytes);
  for (let at = 0; at + 46 <= directory.length;) {
    const nameBytes = directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    if (name === member) return localEntry(file, directory, at);
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw new Error(`no ${member} in the archive`);
}

async function localEntry(file, directory, at) {
  const method = directory.readUInt16LE(at + 10);
  if (method !== methodStored && method !== methodDeflated)
    throw new Error(`zip method ${method} is not supported`);
  const headerStart = directory.readUInt32LE(at + 42);
  const header = await readAt(file, headerStart, headerStart + 30);
  const start = headerStart + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  return { method, start, compressedBytes: directory.readUInt32LE(at + 20) };
}

async function readAt(file, start, end) {
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
  if (bytesRead !== buffer.length) throw new Error('the archive is cut short');
  return buffer;
}
