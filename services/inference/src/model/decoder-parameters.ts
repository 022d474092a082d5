import { MillraceError } from '@millrace/runtime';
import { architectureNames, findArchitecture, type Architecture } from './architectures.ts';
import type { GgufFile } from './gguf-file.ts';
import { supportedTypeNames } from './gguf-tensor-types.ts';

/** What the metadata of a GGUF file says about a model. */
export interface DecoderParameters {
  readonly architecture: Architecture;
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

/** @throws MillraceError `model_invalid`, naming what is missing or not supported */
export function readDecoderParameters(file: GgufFile): DecoderParameters {
  const architecture = readArchitecture(file);
  const key = (name: string): string => `${architecture.name}.${name}`;
  refuseVariants(file, key);
  refuseTypes(file);
  const hiddenSize = readCount(file, key('embedding_length'));
  const heads = readCount(file, key('attention.head_count'));
  const headSize = readCount(file, key('attention.key_length'), hiddenSize / heads);
  const parameters: DecoderParameters = {
    architecture,
    layers: readCount(file, key('block_count')),
    hiddenSize,
    feedForwardSize: readCount(file, key('feed_forward_length')),
    heads,
    keyValueHeads: readCount(file, key('attention.head_count_kv'), heads),
    headSize,
    ropeBase: readNumber(file, key('rope.freq_base'), 10_000),
    normEpsilon: readNumber(file, key('attention.layer_norm_rms_epsilon')),
    contextLength: readCount(file, key('context_length')),
    vocabularySize: file.tensors.get('token_embd.weight')?.dimensions[1] ?? 0,
    tiedHead: !file.tensors.has('output.weight'),
  };
  requireEqual(file, key('attention.value_length'), headSize);
  requireEqual(file, key('rope.dimension_count'), headSize);
  if (headSize % 2 !== 0 || heads % parameters.keyValueHeads !== 0) {
    throw invalid(
      `${heads} heads of ${headSize} with ${parameters.keyValueHeads} key-value heads are not supported.`,
    );
  }
  checkTensors(file, parameters);
  return parameters;
}

function readArchitecture({ metadata }: GgufFile): Architecture {
  const name = metadata.get('general.architecture');
  if (name === undefined) throw invalid('The metadata of the GGUF file has no general.architecture.');
  const architecture = findArchitecture(name);
  if (architecture !== undefined) return architecture;
  throw invalid(`The architecture ${String(name)} is not supported; supported are ${architectureNames}.`);
}

/** Variants of a supported architecture whose graph is another one. */
function refuseVariants({ metadata, tensors }: GgufFile, key: (name: string) => string): void {
  const scaling = metadata.get(key('rope.scaling.type')) ?? 'none';
  if (scaling !== 'none') throw invalid(`RoPE scaling of the type ${String(scaling)} is not supported.`);
  if (tensors.has('rope_freqs.weight') || metadata.has(key('rope.scale_linear'))) {
    throw invalid('RoPE scaling by factors (rope_freqs.weight, rope.scale_linear) is not supported.');
  }
  const experts = metadata.get(key('expert_count')) ?? 0;
  if (experts !== 0) throw invalid(`A mixture of experts, here of ${String(experts)}, is not supported.`);
  const parts = metadata.get('split.count') ?? 1;
  if (typeof parts === 'number' && parts > 1) {
    throw invalid(`The file is one of ${parts} parts of a model; only a model in one file is supported.`);
  }
}

function refuseTypes({ unsupportedTensors: [tensor] }: GgufFile): void {
  if (tensor === undefined) return;
  throw invalid(
    `The tensor ${tensor.name} has the type ${tensor.typeName}, which is not supported; supported are ${supportedTypeNames}.`,
  );
}

/** Every tensor that the graph needs is there with its shape, and there is none that the graph would leave out. */
function checkTensors(file: GgufFile, parameters: DecoderParameters): void {
  const { architecture, hiddenSize, feedForwardSize, heads, keyValueHeads, headSize, vocabularySize } =
    parameters;
  const queries = heads * headSize;
  const keys = keyValueHeads * headSize;
  const layerTensors: Readonly<Record<string, readonly number[]>> = {
    'attn_norm.weight': [hiddenSize],
    'attn_q.weight': [hiddenSize, queries],
    'attn_k.weight': [hiddenSize, keys],
    'attn_v.weight': [hiddenSize, keys],
    ...(architecture.attentionBiases
      ? { 'attn_q.bias': [queries], 'attn_k.bias': [keys], 'attn_v.bias': [keys] }
      : {}),
    'attn_output.weight': [queries, hiddenSize],
    'ffn_norm.weight': [hiddenSize],
    'ffn_gate.weight': [hiddenSize, feedForwardSize],
    'ffn_up.weight': [hiddenSize, feedForwardSize],
    'ffn_down.weight': [feedForwardSize, hiddenSize],
  };
  const expected = new Map<string, readonly number[]>([
    ['token_embd.weight', [hiddenSize, vocabularySize]],
    ['output_norm.weight', [hiddenSize]],
  ]);
  if (!parameters.tiedHead) expected.set('output.weight', [hiddenSize, vocabularySize]);
  for (let layer = 0; layer < parameters.layers; layer += 1) {
    for (const [name, shape] of Object.entries(layerTensors)) expected.set(`blk.${layer}.${name}`, shape);
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
      throw invalid(
        `The tensor ${name} is not supported in a model of the architecture ${architecture.name}.`,
      );
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
