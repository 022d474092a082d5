import { open, type FileHandle } from 'node:fs/promises';
import { MillraceError } from '@millrace/runtime';

/** An open safetensors file. Tensors are read when they are asked for. */
export interface SafetensorsFile {
  /**
   * A tensor, row-major, as float32.
   *
   * @param shape the one that it must have
   * @throws MillraceError `model_invalid` if there is none of that name, shape and a type of floating-point numbers
   */
  readTensor(name: string, shape: readonly number[]): Promise<Float32Array<ArrayBuffer>>;
  close(): Promise<void>;
}

interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Start and end, from the end of the header. */
  readonly data_offsets: readonly [number, number];
}

const lengthBytes = 8;
/** The limit of the reference implementation. */
const maxHeaderBytes = 100_000_000;

type Decode = (bytes: Uint8Array<ArrayBuffer>) => Float32Array<ArrayBuffer>;
const decoders: Readonly<Record<string, { readonly elementBytes: number; readonly decode: Decode }>> = {
  F32: { elementBytes: 4, decode: (bytes) => new Float32Array(bytes.buffer) },
  F16: {
    elementBytes: 2,
    decode: (bytes) => Float32Array.from(new Float16Array(bytes.buffer)),
  },
  BF16: { elementBytes: 2, decode: decodeBfloat16 },
};

/**
 * Format: https://github.com/huggingface/safetensors#format: the length of the header (64 bits, little-endian), the
 * header as JSON, the tensors.
 *
 * @throws MillraceError `part_missing` if there is no such file, `model_invalid` if it is corrupt
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const { tensors, dataStart } = await readHeader(file, size);
    return {
      readTensor: (name, shape) => readTensor(file, dataStart, name, shape, tensors.get(name)),
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
    throw new MillraceError('part_missing', `The weights ${path} cannot be opened.`, { cause: error });
  }
}

async function readHeader(
  file: FileHandle,
  fileBytes: number,
): Promise<{ tensors: ReadonlyMap<string, TensorInfo>; dataStart: number }> {
  if (fileBytes < lengthBytes) throw invalid('it has no header');
  const headerBytes = Number(
    new DataView((await readBytes(file, 0, lengthBytes)).buffer).getBigUint64(0, true),
  );
  const dataStart = lengthBytes + headerBytes;
  if (headerBytes > maxHeaderBytes || dataStart > fileBytes)
    throw invalid(`its header would take ${headerBytes} bytes`);
  const header = parseHeader(await readBytes(file, lengthBytes, headerBytes));
  const tensors = new Map<string, TensorInfo>();
  for (const [name, info] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (!isTensorInfo(info)) throw invalid(`the entry of the tensor ${name} is malformed`);
    const [, end] = info.data_offsets;
    if (dataStart + end > fileBytes)
      throw invalid(`the tensor ${name} ends at byte ${dataStart + end} of ${fileBytes}`);
    tensors.set(name, info);
  }
  return { tensors, dataStart };
}

function parseHeader(bytes: Uint8Array): object {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new MillraceError('model_invalid', 'The safetensors file is corrupt: its header is not JSON.', {
      cause: error,
    });
  }
  if (typeof header !== 'object' || header === null) throw invalid('its header is no object');
  return header;
}

function isTensorInfo(value: unknown): value is TensorInfo {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape, data_offsets: offsets } = value as Partial<Record<keyof TensorInfo, unknown>>;
  if (typeof dtype !== 'string' || !areCounts(shape) || !areCounts(offsets)) return false;
  const [start, end] = offsets;
  return offsets.length === 2 && start !== undefined && end !== undefined && start <= end;
}

function areCounts(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && (count as number) >= 0)
  );
}

async function readTensor(
  file: FileHandle,
  dataStart: number,
  name: string,
  shape: readonly number[],
  info: TensorInfo | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  if (info === undefined) throw invalid(`it has no tensor ${name}`);
  if (info.shape.join() !== shape.join())
    throw invalid(`${name} is ${info.shape.join(' × ')} instead of ${shape.join(' × ')}`);
  const decoder = decoders[info.dtype];
  if (decoder === undefined) throw invalid(`${name} is of the type ${info.dtype}, which is not supported`);
  const [start, end] = info.data_offsets;
  const byteLength = shape.reduce((product, count) => product * count, decoder.elementBytes);
  if (end - start !== byteLength)
    throw invalid(`${name} takes ${end - start} bytes instead of ${byteLength}`);
  return decoder.decode(await readBytes(file, dataStart + start, byteLength));
}

/** The upper half of a float32. */
function decodeBfloat16(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint32Array.from(new Uint16Array(bytes.buffer), (bits) => bits << 16).buffer);
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
    if (bytesRead === 0) throw invalid('it is truncated');
    done += bytesRead;
  }
  return bytes;
}

function invalid(what: string): MillraceError {
  return new MillraceError('model_invalid', `The safetensors file cannot be used: ${what}.`);
}
