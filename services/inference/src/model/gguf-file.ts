import { open, type FileHandle } from 'node:fs/promises';
import { MillraceError } from '@millrace/runtime';
import { ByteCursor, MoreBytesNeeded } from './byte-cursor.ts';
import { parseHeader, type GgufHeader } from './gguf-header.ts';

/** An open GGUF file. Tensors are read when they are asked for, so the file is never in memory as a whole. */
export interface GgufFile extends GgufHeader {
  /**
   * The bytes of a tensor as they are stored.
   *
   * @throws MillraceError `model_invalid` if the file has no such tensor or ends before its end
   */
  readTensor(name: string): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

const firstReadBytes = 4 * 1024 * 1024;

/** @throws MillraceError `part_missing` if there is no such file, `model_invalid` if it is corrupt or unsupported */
export async function openGguf(path: string): Promise<GgufFile> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const header = await readHeader(file, size);
    return {
      ...header,
      readTensor: async (name) => {
        const tensor = header.tensors.get(name);
        if (tensor === undefined) {
          throw new MillraceError('model_invalid', `The GGUF file has no tensor ${name}.`);
        }
        return await readBytes(file, tensor.byteOffset, tensor.byteLength);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new MillraceError('part_missing', `The model file ${path} cannot be opened.`, { cause: error });
  }
}

/** The header has no length of its own: it is parsed from the first bytes, and from more where they don't suffice. */
async function readHeader(file: FileHandle, fileBytes: number): Promise<GgufHeader> {
  let byteLength = Math.min(firstReadBytes, fileBytes);
  for (;;) {
    const cursor = new ByteCursor(await readBytes(file, 0, byteLength));
    try {
      return parseHeader(cursor, fileBytes);
    } catch (error) {
      if (!(error instanceof MoreBytesNeeded)) throw error;
      if (error.byteLength > fileBytes) {
        throw new MillraceError('model_invalid', 'The GGUF file is truncated: it ends within its header.', {
          cause: error,
        });
      }
      byteLength = Math.min(Math.max(2 * byteLength, error.byteLength), fileBytes);
    }
  }
}

async function readBytes(
  file: FileHandle,
  position: number,
  byteLength: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(byteLength);
  let done = 0;
  while (done < byteLength) {
    const { bytesRead } = await file.read(bytes, done, byteLength - done, position + done);
    if (bytesRead === 0) throw new MillraceError('model_invalid', 'The GGUF file is truncated.');
    done += bytesRead;
  }
  return bytes;
}
