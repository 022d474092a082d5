import { MillraceError } from '@millrace/runtime';
import type { GgufFile } from './gguf-file.ts';

/** What the metadata of a GGUF file says about a model of the llama architecture. */
export interface LlamaParameters {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly feedForwardSize: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly ropeBase: number;
  readonly normEpsilon: number;
  /** The longest sequence that the model was trained on, in tokens. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  /** Whether the head is the embedding table, transposed. */
  readonly tiedHead: boolean;
}

const layerTensors = [
  'attn_norm',
  'attn_q',
  'attn_k',
  'attn_v',
  'attn_output',
  'ffn_norm',
  'ffn_gate',
  'ffn_up',
  'ffn_down',
];

/** @throws MillraceError `model_invalid`, naming what is missing or not supported */
export function readLlamaParameters(file: GgufFile): LlamaParameters {
  const architecture = file.metadata.get('general.architecture');
  if (architecture !== 'llama') {
    throw invalid(`The architecture ${String(architecture)} is not supported; llama is.`);
  }
  const hiddenSize = readCount(file, 'llama.embedding_length');
  const heads = readCount(file, 'llama.attention.head_count');
  const headSize = readCount(file, 'llama.attention.key_length', hiddenSize / heads);
  const parameters: LlamaParameters = {
    layers: readCount(file, 'llama.block_count'),
    hiddenSize,
    feedForwardSize: readCount(file, 'llama.feed_forward_length'),
    heads,
    keyValueHeads: readCount(file, 'llama.attention.head_count_kv', heads),
    headSize,
    ropeBase: readNumber(file, 'llama.rope.freq_base', 10_000),
    normEpsilon: readNumber(file, 'llama.attention.layer_norm_rms_epsilon'),
    contextLength: readCount(file, 'llama.context_length'),
    vocabularySize: file.tensors.get('token_embd.weight')?.dimensions[1] ?? 0,
    tiedHead: !file.tensors.has('output.weight'),
  };
  requireEqual(file, 'llama.attention.value_length', headSize);
  requireEqual(file, 'llama.rope.dimension_count', headSize);
  const scaling = file.metadata.get('llama.rope.scaling.type') ?? 'none';
  if (scaling !== 'none') throw invalid(`RoPE scaling of the type ${String(scaling)} is not supported.`);
  if (headSize % 2 !== 0 || heads % parameters.keyValueHeads !== 0) {
    throw invalid(
      `${heads} heads of ${headSize} with ${parameters.keyValueHeads} key-value heads are not supported.`,
    );
  }
  checkTensors(file, parameters);
  return parameters;
}

/** Every tensor that the graph needs is there with its shape, and there is none that the graph would leave out. */
function checkTensors(file: GgufFile, parameters: LlamaParameters): void {
  const { hiddenSize, feedForwardSize, heads, keyValueHeads, headSize, vocabularySize } = parameters;
  const shapes: Readonly<Record<string, readonly number[]>> = {
    attn_norm: [hiddenSize],
    attn_q: [hiddenSize, heads * headSize],
    attn_k: [hiddenSize, keyValueHeads * headSize],
    attn_v: [hiddenSize, keyValueHeads * headSize],
    attn_output: [heads * headSize, hiddenSize],
    ffn_norm: [hiddenSize],
    ffn_gate: [hiddenSize, feedForwardSize],
    ffn_up: [hiddenSize, feedForwardSize],
    ffn_down: [feedForwardSize, hiddenSize],
  };
  const expected = new Map<string, readonly number[]>([
    ['token_embd.weight', [hiddenSize, vocabularySize]],
    ['output_norm.weight', [hiddenSize]],
  ]);
  if (!parameters.tiedHead) expected.set('output.weight', [hiddenSize, vocabularySize]);
  for (let layer = 0; layer < parameters.layers; layer += 1) {
    for (const name of layerTensors) expected.set(`blk.${layer}.${name}.weight`, shapes[name] ?? []);
  }
  for (const [name, shape] of expected) {
    const found = file.tensors.get(name)?.dimensions;
    if (found === undefined) throw invalid(`The GGUF file has no tensor ${name}.`);
    if (found.join() !== shape.join()) {
      throw invalid(`The tensor ${name} has the shape ${found.join(' × ')} instead of ${shape.join(' × ')}.`);
    }
  }
  for (const name of file.tensors.keys()) {
    if (!expected.has(name))
      throw invalid(`The tensor ${name} is not supported in a model of the llama architecture.`);
  }
}

function readNumber(file: GgufFile, key: string, otherwise?: number): number {
  const value = file.metadata.get(key) ?? otherwise;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw invalid(`The metadata of the GGUF file has no valid ${key}.`);
  }
  return value;
}

function readCount(file: GgufFile, key: string, otherwise?: number): number {
  const value = readNumber(file, key, otherwise);
  if (!Number.isInteger(value)) throw invalid(`The metadata of the GGUF file has no valid ${key}.`);
  return value;
}

function requireEqual(file: GgufFile, key: string, expected: number): void {
  const value = file.metadata.get(key) ?? expected;
  if (value !== expected)
    throw invalid(`${key} is ${String(value)}; only ${expected}, the head size, is supported.`);
}

function invalid(message: string): MillraceError {
  return new MillraceError('model_invalid', message);
}
