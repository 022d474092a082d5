import { MillraceError } from '@millrace/runtime';
import type { ByteCursor } from './byte-cursor.ts';
import {
  describeTensorType,
  findTensorType,
  type SupportedTensorType,
  type SupportedTypeName,
} from './gguf-tensor-types.ts';

export type MetadataValue = number | boolean | string | readonly MetadataValue[];

export interface TensorInfo {
  readonly name: string;
  readonly type: SupportedTypeName;
  /** Elements of each dimension, the fastest-varying one first. */
  readonly dimensions: readonly number[];
  /** Where its bytes are, from the start of the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** A tensor of a type that cannot be read. */
export interface UnsupportedTensor {
  readonly name: string;
  readonly typeName: string;
  readonly dimensions: readonly number[];
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly unsupportedTensors: readonly UnsupportedTensor[];
}

const magic = 0x46554747;
const supportedVersions = [2, 3];
const defaultAlignment = 32;
const maxDimensions = 4;
const maxArrayDepth = 4;
/** A tensor's entry takes at least this many bytes, a metadata pair too: bounds for the counts of a corrupt file. */
const minEntryBytes = 13;

/**
 * Reads the header of a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
 *
 * @param fileBytes size of the whole file, against which every count and offset is checked
 * @throws MillraceError `model_invalid` with one sentence that says what is wrong
 */
export function parseHeader(cursor: ByteCursor, fileBytes: number): GgufHeader {
  if (cursor.uint32() !== magic) throw invalid('The file is not a GGUF model: it does not begin with GGUF.');
  const version = cursor.uint32();
  if (version % 65_536 === 0) throw invalid('A big-endian GGUF file is not supported.');
  if (!supportedVersions.includes(version)) {
    throw invalid(`GGUF version ${version} is not supported; versions 2 and 3 are.`);
  }
  const tensorCount = checkCount(cursor.uint64(), fileBytes, 'tensors');
  const pairCount = checkCount(cursor.uint64(), fileBytes, 'metadata entries');
  const metadata = new Map<string, MetadataValue>();
  for (let index = 0; index < pairCount; index += 1) {
    const key = cursor.string();
    metadata.set(key, readValue(cursor, cursor.uint32(), fileBytes, 0));
  }
  const entries = Array.from({ length: tensorCount }, () => readTensorEntry(cursor));
  const alignment = metadata.get('general.alignment') ?? defaultAlignment;
  if (typeof alignment !== 'number' || alignment < 1)
    throw invalid('The GGUF file is corrupt: bad alignment.');
  const dataStart = Math.ceil(cursor.offset / alignment) * alignment;
  const tensors = new Map<string, TensorInfo>();
  const unsupportedTensors: UnsupportedTensor[] = [];
  for (const entry of entries) {
    const { name, typeCode, dimensions } = entry;
    const type = findTensorType(typeCode);
    if (type !== undefined) tensors.set(name, locate(entry, type, dataStart, fileBytes));
    else unsupportedTensors.push({ name, typeName: describeTensorType(typeCode), dimensions });
  }
  return { metadata, tensors, unsupportedTensors };
}

interface TensorEntry {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly typeCode: number;
  readonly relativeOffset: number;
}

function readTensorEntry(cursor: ByteCursor): TensorEntry {
  const name = cursor.string();
  const rank = cursor.uint32();
  if (rank < 1 || rank > maxDimensions)
    throw invalid(`The GGUF file is corrupt: ${name} has ${rank} dimensions.`);
  const dimensions = Array.from({ length: rank }, () => cursor.uint64());
  return { name, dimensions, typeCode: cursor.uint32(), relativeOffset: cursor.uint64() };
}

function locate(
  entry: TensorEntry,
  type: SupportedTensorType,
  dataStart: number,
  fileBytes: number,
): TensorInfo {
  const { name, dimensions, relativeOffset } = entry;
  const rowElements = dimensions[0] ?? 0;
  const elements = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (elements < 1 || rowElements % type.blockElements !== 0) {
    throw invalid(`The GGUF file is corrupt: ${name} has the shape ${dimensions.join(' × ')}.`);
  }
  const byteLength = (elements / type.blockElements) * type.blockBytes;
  const byteOffset = dataStart + relativeOffset;
  if (byteOffset + byteLength > fileBytes) {
    throw invalid(
      `The GGUF file is truncated: ${name} ends at byte ${byteOffset + byteLength}, but the file has ${fileBytes} bytes.`,
    );
  }
  return { name, type: type.name, dimensions, byteOffset, byteLength };
}

function readValue(cursor: ByteCursor, type: number, fileBytes: number, depth: number): MetadataValue {
  switch (type) {
    case 0:
      return cursor.uint8();
    case 1:
      return cursor.int8();
    case 2:
      return cursor.uint16();
    case 3:
      return cursor.int16();
    case 4:
      return cursor.uint32();
    case 5:
      return cursor.int32();
    case 6:
      return cursor.float32();
    case 7:
      return cursor.uint8() !== 0;
    case 8:
      return cursor.string();
    case 9: {
      if (depth >= maxArrayDepth) throw invalid('The GGUF file is corrupt: arrays are nested too deeply.');
      const elementType = cursor.uint32();
      const length = cursor.uint64();
      if (length > fileBytes) throw invalid(`The GGUF file is corrupt: an array has ${length} elements.`);
      const values: MetadataValue[] = [];
      for (let index = 0; index < length; index += 1) {
        values.push(readValue(cursor, elementType, fileBytes, depth + 1));
      }
      return values;
    }
    case 10:
      return cursor.uint64();
    case 11:
      return cursor.int64();
    case 12:
      return cursor.float64();
    default:
      throw invalid(`The GGUF file is corrupt: there is no metadata type ${type}.`);
  }
}

function checkCount(count: number, fileBytes: number, what: string): number {
  if (count * minEntryBytes > fileBytes)
    throw invalid(`The GGUF file is corrupt: it claims ${count} ${what}.`);
  return count;
}

function invalid(message: string): MillraceError {
  return new MillraceError('model_invalid', message);
}
