import { dequantize } from './dequantize.ts';
import type { GgufFile } from './gguf-file.ts';

/** For tests: a matrix as the file has it, row after row. */
interface Matrix {
  readonly values: Float32Array;
  readonly columns: number;
}

/**
 * For tests: the logits after the last token, computed from the file's own rows by the formulas alone, as llama.cpp
 * does: nothing is permuted, stacked, packed or cached. Rotary positions turn neighbouring elements of a llama file
 * (`LLAMA_ROPE_TYPE_NORM`), and elements of the two halves of a head in a qwen2 file (`LLAMA_ROPE_TYPE_NEOX`).
 */
export async function plainLogits(file: GgufFile, tokens: readonly number[]): Promise<Float32Array> {
  const architecture = String(file.metadata.get('general.architecture'));
  const setting = (name: string): number => Number(file.metadata.get(`${architecture}.${name}`));
  const heads = setting('attention.head_count');
  const headSize = setting('embedding_length') / heads;
  const headsPerKey = heads / setting('attention.head_count_kv');
  const ropeBase = file.metadata.has(`${architecture}.rope.freq_base`) ? setting('rope.freq_base') : 10_000;
  const weights = await readWeights(file);
  const matrix = (name: string): Matrix => weights.get(name) ?? { values: new Float32Array(0), columns: 1 };
  const norm = (row: readonly number[], name: string): number[] => {
    const meanSquare = row.reduce((sum, value) => sum + value * value, 0) / row.length;
    const scale = 1 / Math.sqrt(meanSquare + setting('attention.layer_norm_rms_epsilon'));
    return row.map((value, index) => value * scale * (matrix(name).values[index] ?? 0));
  };
  const linear = (row: readonly number[], name: string): number[] => {
    const biases = weights.get(`${name}.bias`)?.values;
    return multiply(matrix(`${name}.weight`), row).map((value, index) => value + (biases?.[index] ?? 0));
  };
  const rotate = (row: readonly number[], position: number): number[] =>
    architecture === 'llama'
      ? turn(row, position, ropeBase, headSize, (pair) => [2 * pair, 2 * pair + 1])
      : turn(row, position, ropeBase, headSize, (pair) => [pair, pair + headSize / 2]);

  const embedding = matrix('token_embd.weight');
  let rows = tokens.map((token) => [
    ...embedding.values.subarray(token * embedding.columns, (token + 1) * embedding.columns),
  ]);
  for (let layer = 0; layer < setting('block_count'); layer += 1) {
    const prefix = `blk.${layer}.`;
    const normalized = rows.map((row) => norm(row, `${prefix}attn_norm.weight`));
    const queries = normalized.map((row, position) => rotate(linear(row, `${prefix}attn_q`), position));
    const keys = normalized.map((row, position) => rotate(linear(row, `${prefix}attn_k`), position));
    const values = normalized.map((row) => linear(row, `${prefix}attn_v`));
    const attended = queries.map((query, position) =>
      Array.from({ length: heads }, (_, head) =>
        attend(
          part(query, head, headSize),
          keys.slice(0, position + 1).map((key) => part(key, Math.floor(head / headsPerKey), headSize)),
          values.slice(0, position + 1).map((value) => part(value, Math.floor(head / headsPerKey), headSize)),
        ),
      ).flat(),
    );
    rows = rows.map((row, position) => add(row, linear(attended[position] ?? [], `${prefix}attn_output`)));
    rows = rows.map((row) => {
      const input = norm(row, `${prefix}ffn_norm.weight`);
      const up = linear(input, `${prefix}ffn_up`);
      const gated = linear(input, `${prefix}ffn_gate`).map(
        (gate, index) => (gate / (1 + Math.exp(-gate))) * (up[index] ?? 0),
      );
      return add(row, linear(gated, `${prefix}ffn_down`));
    });
  }
  const last = norm(rows.at(-1) ?? [], 'output_norm.weight');
  return Float32Array.from(multiply(weights.get('output.weight') ?? embedding, last));
}

async function readWeights(file: GgufFile): Promise<Map<string, Matrix>> {
  const weights = new Map<string, Matrix>();
  for (const { name, type, dimensions } of file.tensors.values()) {
    const elements = dimensions.reduce((product, dimension) => product * dimension, 1);
    const values = dequantize(type, await file.readTensor(name), elements);
    weights.set(name, { values, columns: dimensions[0] ?? 1 });
  }
  return weights;
}

function multiply({ values, columns }: Matrix, row: readonly number[]): number[] {
  return Array.from({ length: values.length / columns }, (_, output) =>
    row.reduce((sum, value, index) => sum + value * (values[output * columns + index] ?? 0), 0),
  );
}

/** Turns pairs of elements of each head by angles that grow with the position. */
function turn(
  row: readonly number[],
  position: number,
  ropeBase: number,
  headSize: number,
  pairAt: (pair: number) => readonly [number, number],
): number[] {
  const turned = [...row];
  for (let start = 0; start < row.length; start += headSize) {
    for (let pair = 0; pair < headSize / 2; pair += 1) {
      const angle = position / ropeBase ** ((2 * pair) / headSize);
      const [first, second] = pairAt(pair).map((index) => start + index) as [number, number];
      const [x, y] = [row[first] ?? 0, row[second] ?? 0];
      turned[first] = x * Math.cos(angle) - y * Math.sin(angle);
      turned[second] = x * Math.sin(angle) + y * Math.cos(angle);
    }
  }
  return turned;
}

function attend(
  query: readonly number[],
  keys: readonly (readonly number[])[],
  values: readonly (readonly number[])[],
): number[] {
  const scores = keys.map((key) => dot(query, key) / Math.sqrt(query.length));
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return query.map((_, index) =>
    values.reduce((total, value, at) => total + ((weights[at] ?? 0) / sum) * (value[index] ?? 0), 0),
  );
}

function part(row: readonly number[], index: number, size: number): readonly number[] {
  return row.slice(index * size, (index + 1) * size);
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
}

function add(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, index) => value + (right[index] ?? 0));
}
