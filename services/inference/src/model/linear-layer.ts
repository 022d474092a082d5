import { dequantize } from './dequantize.ts';
import type { GgufFile } from './gguf-file.ts';
import type { SupportedTypeName } from './gguf-tensor-types.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { extendedColumns, isAffine4Bit, meanBlocks, packQ41 } from './pack-q41.ts';
import { blockElements, exactEightBitForms, packQ40, type PackedWeight } from './packed-weight.ts';
import { readBiases, readStacked, type WeightMatrix, type WeightSource } from './weight-matrix.ts';

/** `exact`: the weights of the file, in the fastest form that keeps them. `fp32`: dequantised, as a reference. */
export type ConversionMode = 'exact' | 'fp32';

/** Activations are quantised to 8 bits for the integer kernels. Without this the 8-bit ones are 100 times slower. */
export const accuracyLevel = 4;

export interface LinearContext {
  readonly graph: GraphBuilder;
  readonly file: GgufFile;
  readonly mode: ConversionMode;
}

/**
 * Adds x·Wᵀ + b, where the rows of W are those of several tensors, stacked. Neighbours of one type become one product.
 *
 * @param input name of a value of the shape [batch, sequence, columns] or [rows, columns]
 * @returns the name of the product
 */
export function addLinear(
  context: LinearContext,
  input: string,
  sources: readonly WeightSource[],
  name: string,
): string {
  const groups = groupByType(context.file, sources);
  const products = groups.map((group, index) =>
    addProduct(context, input, group, groups.length === 1 ? name : `${name}_${index}`),
  );
  const [only] = products;
  if (products.length === 1 && only !== undefined) return only;
  return context.graph.standard('Concat', products, name, { axis: { int: -1 } });
}

function groupByType(file: GgufFile, sources: readonly WeightSource[]): WeightSource[][] {
  const groups: WeightSource[][] = [];
  let lastType: SupportedTypeName | undefined;
  for (const source of sources) {
    const type = file.tensors.get(source.name)?.type;
    if (type !== undefined && type === lastType) groups.at(-1)?.push(source);
    else groups.push([source]);
    lastType = type;
  }
  return groups;
}

function addProduct(
  { graph, file, mode }: LinearContext,
  input: string,
  sources: readonly WeightSource[],
  name: string,
): string {
  const infos = sources.map((source) => file.tensors.get(source.name));
  const columns = infos[0]?.dimensions[0] ?? 0;
  const rows = infos.reduce((sum, info) => sum + (info?.dimensions[1] ?? 1), 0);
  const type = infos[0]?.type ?? 'F32';
  const load = (): Promise<WeightMatrix> => readStacked(file, sources);
  const bias = addBias(graph, file, sources, rows, name);
  if (mode === 'exact' && isAffine4Bit(type)) {
    const extended = addBlockMeans(graph, input, columns, name);
    return addPacked(
      graph,
      extended,
      { name, rows, columns: extendedColumns(columns), bits: 4, bias, zeroPoints: true },
      async () => packQ41(await load()),
    );
  }
  if (mode === 'exact' && type === 'Q4_0') {
    return addPacked(graph, input, { name, rows, columns, bits: 4, bias }, async () => packQ40(await load()));
  }
  const eightBits = mode === 'exact' ? exactEightBitForms[type] : undefined;
  if (eightBits !== undefined) {
    const shape = { name, rows, columns, bits: 8, blockElements: eightBits.blockElements, bias } as const;
    return addPacked(graph, input, shape, async () => eightBits.pack(await load()));
  }
  const weight = graph.constant(`${name}_weight`, 'float32', [columns, rows], async () => {
    const matrix = await load();
    return transpose(dequantize(matrix.type, matrix.bytes, rows * columns), rows, columns);
  });
  if (bias === undefined) return graph.standard('MatMul', [input, weight], name);
  const product = graph.standard('MatMul', [input, weight], `${name}_product`);
  return graph.standard('Add', [product, bias], name);
}

/** The biases of the sources as one constant; all have one or none has. */
function addBias(
  graph: GraphBuilder,
  file: GgufFile,
  sources: readonly WeightSource[],
  rows: number,
  name: string,
): string | undefined {
  const biases = sources.map(({ bias }) => bias).filter((bias) => bias !== undefined);
  if (biases.length === 0) return undefined;
  return graph.constant(`${name}_bias`, 'float32', [rows], () => readBiases(file, biases));
}

/** x, and twice the means of its blocks of 32, the first time padded to whole blocks: what `packQ41`'s columns stand for. */
function addBlockMeans(graph: GraphBuilder, input: string, columns: number, name: string): string {
  const means = graph.standard('AveragePool', [input], `${name}_means`, {
    kernel_shape: { ints: [blockElements] },
    strides: { ints: [blockElements] },
  });
  const missing = meanBlocks(columns) * blockElements - columns / blockElements;
  const padded =
    missing === 0
      ? means
      : graph.standard('Pad', [means, graph.integers([0, 0, 0, 0, 0, missing])], `${name}_padded`);
  return graph.standard('Concat', [input, padded, means], `${name}_input`, { axis: { int: -1 } });
}

export interface PackedShape {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly bits: 4 | 8;
  /** Elements that share a scale; default 32. */
  readonly blockElements?: number;
  /** Name of a constant that is added to each row of the product. */
  readonly bias?: string | undefined;
  /** Whether the blocks have zero points of their own. */
  readonly zeroPoints?: boolean;
}

/** Adds a product with a weight of 4 or 8 bits. */
export function addPacked(
  graph: GraphBuilder,
  input: string,
  { name, rows, columns, bits, blockElements: size = blockElements, bias, zeroPoints }: PackedShape,
  load: () => Promise<PackedWeight>,
): string {
  const blocks = Math.ceil(columns / size);
  const once = remember(load);
  const codes = graph.constant(
    `${name}_codes`,
    'uint8',
    [rows, blocks, (size * bits) / 8],
    async () => (await once()).codes,
  );
  const zeros =
    zeroPoints === true
      ? graph.constant(
          `${name}_zero_points`,
          'uint8',
          [rows * Math.ceil((blocks * bits) / 8)],
          async () => (await once()).zeroPoints ?? new Uint8Array(),
        )
      : '';
  const scales = graph.constant(
    `${name}_scales`,
    'float32',
    [rows * blocks],
    async () => (await once.last()).scales,
  );
  // Between zero points and bias: group indices, which are left out.
  const inputs = withoutTrailing([input, codes, scales, zeros, '', bias ?? '']);
  graph.contrib('MatMulNBits', inputs, [name], {
    K: { int: columns },
    N: { int: rows },
    bits: { int: bits },
    block_size: { int: size },
    accuracy_level: { int: accuracyLevel },
  });
  return name;
}

/** Optional inputs at the end are not there at all; in the middle they have an empty name. */
function withoutTrailing(inputs: readonly string[]): readonly string[] {
  return inputs.slice(0, inputs.findLastIndex((name) => name !== '') + 1);
}

interface Remembered<Value> {
  (): Promise<Value>;
  /** The value for the last time: it is forgotten. */
  last(): Promise<Value>;
}

/** Several constants come of one computation: it is done once, and its result is dropped with the last. */
export function remember<Value>(compute: () => Promise<Value>): Remembered<Value> {
  let value: Promise<Value> | undefined;
  const get = (): Promise<Value> => (value ??= compute());
  return Object.assign(get, {
    last: () => {
      const result = get();
      value = undefined;
      return result;
    },
  });
}

function transpose(
  values: Float32Array<ArrayBuffer>,
  rows: number,
  columns: number,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      result[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return result;
}
