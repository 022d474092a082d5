import { MillraceError } from '@millrace/runtime';
import { dequantize } from './dequantize.ts';
import type { GgufFile } from './gguf-file.ts';
import type { SupportedTypeName } from './gguf-tensor-types.ts';

/** A weight of a linear layer as the GGUF file stores it: row after row, each row a whole number of blocks. */
export interface WeightMatrix {
  readonly type: SupportedTypeName;
  /** Outputs of the layer. */
  readonly rows: number;
  /** Inputs of the layer. */
  readonly columns: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A tensor with the weights of a linear layer. */
export interface WeightSource {
  readonly name: string;
  /** In how many heads its rows must be un-permuted; 0 for none. */
  readonly permutedHeads: number;
  /** The tensor that is added to the product; the rows of a weight with a bias are not permuted. */
  readonly bias?: string;
}

/** Reads matrices of one type and one number of columns, and stacks their rows. */
export async function readStacked(file: GgufFile, sources: readonly WeightSource[]): Promise<WeightMatrix> {
  const parts = await Promise.all(sources.map((source) => readMatrix(file, source)));
  const [first] = parts;
  if (
    first === undefined ||
    parts.some(({ type, columns }) => type !== first.type || columns !== first.columns)
  ) {
    throw new MillraceError('internal_error', 'Only weights of one type and width can be stacked.');
  }
  if (parts.length === 1) return first;
  return {
    type: first.type,
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    columns: first.columns,
    bytes: new Uint8Array(Buffer.concat(parts.map(({ bytes }) => bytes))),
  };
}

/** The biases of stacked matrices, one after the other. */
export async function readBiases(
  file: GgufFile,
  biases: readonly string[],
): Promise<Float32Array<ArrayBuffer>> {
  const parts = await Promise.all(
    biases.map(async (name) => {
      const { type = 'F32', dimensions = [] } = file.tensors.get(name) ?? {};
      return dequantize(type, await file.readTensor(name), dimensions[0] ?? 0);
    }),
  );
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

async function readMatrix(file: GgufFile, { name, permutedHeads }: WeightSource): Promise<WeightMatrix> {
  const bytes = await file.readTensor(name);
  const info = file.tensors.get(name);
  const [columns = 0, rows = 1] = info?.dimensions ?? [];
  const type = info?.type ?? 'F32';
  return {
    type,
    rows,
    columns,
    bytes: permutedHeads === 0 ? bytes : unpermuteRows(bytes, rows, permutedHeads),
  };
}

/**
 * Undoes what llama.cpp's converter does to the rows of Q and K for interleaved rotary positions: within a head the
 * rows come back from pairs (0, half, 1, half + 1, …) to halves (0, 1, … , half, half + 1, …).
 */
export function unpermuteRows(
  bytes: Uint8Array<ArrayBuffer>,
  rows: number,
  heads: number,
): Uint8Array<ArrayBuffer> {
  const rowBytes = bytes.byteLength / rows;
  const headRows = rows / heads;
  const half = headRows / 2;
  const result = new Uint8Array(bytes.byteLength);
  for (let row = 0; row < rows; row += 1) {
    const head = Math.floor(row / headRows);
    const inHead = row % headRows;
    const source = head * headRows + (inHead % half) * 2 + Math.floor(inHead / half);
    result.set(bytes.subarray(source * rowBytes, (source + 1) * rowBytes), row * rowBytes);
  }
  return result;
}
