import type { GgufFile } from '@millrace/inference';

type Tensor = GgufFile['tensors'] extends ReadonlyMap<string, infer Value> ? Value : never;

/** `ggml_type` of ggml.h. */
const typeCodes: Readonly<Record<Tensor['type'], number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 8,
  Q4_K: 12,
  Q6_K: 14,
  BF16: 30,
};
const fileTypeKey = Buffer.from('general.file_type');

/** The entry of a tensor in a GGUF header. `relativeOffset` counts from the start of the data. */
export function tensorEntry(
  { name, dimensions }: Tensor,
  type: Tensor['type'],
  relativeOffset: number,
): Buffer {
  const nameBytes = Buffer.from(name);
  const entry = Buffer.alloc(8 + nameBytes.length + 4 + 8 * dimensions.length + 4 + 8);
  entry.writeBigUInt64LE(BigInt(nameBytes.length), 0);
  nameBytes.copy(entry, 8);
  let offset = entry.writeUInt32LE(dimensions.length, 8 + nameBytes.length);
  for (const dimension of dimensions) offset = entry.writeBigUInt64LE(BigInt(dimension), offset);
  offset = entry.writeUInt32LE(typeCodes[type], offset);
  entry.writeBigUInt64LE(BigInt(relativeOffset), offset);
  return entry;
}

/**
 * What stands before the tensors' entries, byte for byte, but for the type that the file says it has.
 *
 * @param header the file from its start to its data
 * @param fileType `llama_ftype` of llama.h
 */
export function metadataBytes(header: Buffer, tensors: readonly Tensor[], fileType: number): Buffer {
  const [first] = tensors;
  const dataStart = Math.min(...tensors.map(({ byteOffset }) => byteOffset));
  const end =
    first === undefined
      ? -1
      : header.lastIndexOf(tensorEntry(first, first.type, first.byteOffset - dataStart));
  if (end < 0) throw new Error('The header of the GGUF file could not be copied.');
  const metadata = Buffer.from(header.subarray(0, end));
  const key = metadata.indexOf(fileTypeKey);
  // Behind the key: the type of the value (4 bytes) and the value, a uint32.
  if (key >= 0) metadata.writeUInt32LE(fileType, key + fileTypeKey.length + 4);
  return metadata;
}
