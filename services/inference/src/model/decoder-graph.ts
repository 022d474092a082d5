import type { ModelGraph } from '@millrace/onnx';
import { fromCacheType, halfBits, inCacheType, type CacheType } from './cache-type.ts';
import { dequantize } from './dequantize.ts';
import type { GgufFile } from './gguf-file.ts';
import { GraphBuilder } from './graph-builder.ts';
import { addLinear, type ConversionMode, type LinearContext } from './linear-layer.ts';
import type { DecoderParameters } from './decoder-parameters.ts';
import { addEmbedding, addHead } from './vocabulary-layers.ts';
import type { WeightSource } from './weight-matrix.ts';

/**
 * The decoder as an ONNX graph.
 *
 * Inputs: `input_ids` [batch, sequence]; `last_positions` [batch], the position of each row's last token;
 * `total_length`, the largest number of tokens that a row has by the end of the step; `wanted_rows`, which of the
 * batch × sequence rows get logits; and for each layer the cache, `past_key_<n>` and `past_value_<n>`,
 * [batch, key-value heads, capacity, head size], of `cacheType`, to be bound to the same memory as `present_key_<n>`, `present_value_<n>`.
 */
export function buildDecoderGraph(
  file: GgufFile,
  parameters: DecoderParameters,
  mode: ConversionMode,
  cacheType: CacheType = 'float32',
): ModelGraph {
  const graph = new GraphBuilder();
  const context: DecoderContext = { graph, file, mode, cacheType };
  const tokens = graph.input('input_ids', 'int64', ['batch', 'sequence']);
  graph.input('last_positions', 'int32', ['batch']);
  graph.input('total_length', 'int32', []);
  const wanted = graph.input('wanted_rows', 'int64', ['wanted']);
  addRotaryCaches(graph, parameters, cacheType);

  const embedded = addEmbedding(context, parameters, tokens);
  const norm = addNormWeight(context, 'blk.0.attn_norm.weight');
  const epsilon = { float: parameters.normEpsilon };
  let state: LayerState = {
    residual: embedded,
    normalized: graph.standard('SimplifiedLayerNormalization', [embedded, norm], 'normalized_0', {
      axis: { int: -1 },
      epsilon,
      stash_type: { int: 1 },
    }),
  };
  for (let layer = 0; layer < parameters.layers; layer += 1) {
    let mixed = { ...state, attention: addAttention(context, parameters, layer, state) };
    // The last layer's cache needs all rows, but nothing behind it needs those that get no logits.
    if (layer + 1 === parameters.layers) mixed = keepWanted(graph, parameters, mixed, wanted);
    state = addFeedForward(context, parameters, layer, addAttentionOutput(context, parameters, layer, mixed));
  }
  const hidden = [state.normalized, graph.integers([-1, parameters.hiddenSize])];
  addHead(context, parameters, graph.standard('Reshape', hidden, 'wanted_hidden'));
  return graph.build(parameters.architecture.name);
}

interface DecoderContext extends LinearContext {
  readonly cacheType: CacheType;
}

/** Names of the values that go from one half of a layer to the next. */
interface LayerState {
  readonly residual: string;
  readonly normalized: string;
}

/** Also what a layer's heads have found. */
interface MixedState extends LayerState {
  readonly attention: string;
}

/** The wanted rows of all values, as one sequence. */
function keepWanted(
  graph: GraphBuilder,
  { heads, headSize, hiddenSize }: DecoderParameters,
  { residual, normalized, attention }: MixedState,
  wanted: string,
): MixedState {
  const keep = (name: string, width: number): string => {
    const flat = graph.standard('Reshape', [name, graph.integers([1, -1, width])], `${name}_rows`);
    return graph.standard('Gather', [flat, wanted], `${name}_wanted`, { axis: { int: 1 } });
  };
  return { residual: keep(residual, hiddenSize), normalized, attention: keep(attention, heads * headSize) };
}

/** @returns the name of what the heads have found */
function addAttention(
  context: DecoderContext,
  parameters: DecoderParameters,
  layer: number,
  state: LayerState,
): string {
  const { graph, cacheType } = context;
  const { architecture, heads, keyValueHeads, headSize } = parameters;
  const prefix = `blk.${layer}.`;
  const projection = (name: string, permutedHeads: number): WeightSource => ({
    name: `${prefix}${name}.weight`,
    permutedHeads: architecture.permutedRows ? permutedHeads : 0,
    ...(architecture.attentionBiases ? { bias: `${prefix}${name}.bias` } : {}),
  });
  const projected = addLinear(
    context,
    state.normalized,
    [projection('attn_q', heads), projection('attn_k', keyValueHeads), projection('attn_v', 0)],
    `query_key_value_${layer}`,
  );
  const cache = ['key', 'value'].map((part) => {
    const shape = ['batch', keyValueHeads, 'capacity', headSize];
    graph.output(`present_${part}_${layer}`, cacheType, shape);
    return {
      past: graph.input(`past_${part}_${layer}`, cacheType, shape),
      present: `present_${part}_${layer}`,
    };
  });
  graph.contrib(
    'GroupQueryAttention',
    [
      inCacheType(graph, cacheType, projected),
      '',
      '',
      ...cache.map(({ past }) => past),
      'last_positions',
      'total_length',
      ...rotaryNames,
    ],
    [`attention_${layer}`, ...cache.map(({ present }) => present)],
    {
      num_heads: { int: heads },
      kv_num_heads: { int: keyValueHeads },
      do_rotary: { int: 1 },
      rotary_interleaved: { int: 0 },
    },
  );
  return fromCacheType(graph, cacheType, `attention_${layer}`);
}

function addAttentionOutput(
  context: LinearContext,
  parameters: DecoderParameters,
  layer: number,
  { residual, attention }: MixedState,
): LayerState {
  const output = addLinear(
    context,
    attention,
    [{ name: `blk.${layer}.attn_output.weight`, permutedHeads: 0 }],
    `attention_output_${layer}`,
  );
  return addSkipNorm(context, parameters, residual, output, `blk.${layer}.ffn_norm.weight`);
}

function addFeedForward(
  context: LinearContext,
  parameters: DecoderParameters,
  layer: number,
  state: LayerState,
): LayerState {
  const { graph } = context;
  const { feedForwardSize, layers } = parameters;
  const prefix = `blk.${layer}.`;
  const both = addLinear(
    context,
    state.normalized,
    [
      { name: `${prefix}ffn_gate.weight`, permutedHeads: 0 },
      { name: `${prefix}ffn_up.weight`, permutedHeads: 0 },
    ],
    `gate_up_${layer}`,
  );
  graph.standardMany(
    'Split',
    [both, graph.integers([feedForwardSize, feedForwardSize])],
    [`gate_${layer}`, `up_${layer}`],
    { axis: { int: -1 } },
  );
  // QuickGelu with alpha 1 is x·sigmoid(x): SiLU in one operator.
  graph.contrib('QuickGelu', [`gate_${layer}`], [`activated_${layer}`], { alpha: { float: 1 } });
  const gated = graph.standard('Mul', [`activated_${layer}`, `up_${layer}`], `gated_${layer}`);
  const down = addLinear(
    context,
    gated,
    [{ name: `${prefix}ffn_down.weight`, permutedHeads: 0 }],
    `feed_forward_${layer}`,
  );
  const nextNorm = layer + 1 === layers ? 'output_norm.weight' : `blk.${layer + 1}.attn_norm.weight`;
  return addSkipNorm(context, parameters, state.residual, down, nextNorm);
}

/** Adds to the residual and normalises the sum, in one operator. */
function addSkipNorm(
  context: LinearContext,
  parameters: DecoderParameters,
  residual: string,
  added: string,
  weightName: string,
): LayerState {
  const next = { residual: `${added}_residual`, normalized: `${added}_normalized` };
  context.graph.contrib(
    'SkipSimplifiedLayerNormalization',
    [residual, added, addNormWeight(context, weightName)],
    [next.normalized, '', '', next.residual],
    { epsilon: { float: parameters.normEpsilon } },
  );
  return next;
}

function addNormWeight({ graph, file }: LinearContext, name: string): string {
  const info = file.tensors.get(name);
  const size = info?.dimensions[0] ?? 0;
  return graph.constant(name, 'float32', [size], async () =>
    dequantize(info?.type ?? 'F32', await file.readTensor(name), size),
  );
}

const rotaryNames = ['rotary_cosines', 'rotary_sines'];

function addRotaryCaches(
  graph: GraphBuilder,
  { contextLength, headSize, ropeBase }: DecoderParameters,
  cacheType: CacheType,
): void {
  const half = headSize / 2;
  const tabulate = (wave: (angle: number) => number) => (): Float32Array | Uint16Array => {
    const table = Float32Array.from({ length: contextLength * half }, (_, index) => {
      const position = Math.floor(index / half);
      return wave(position / ropeBase ** ((2 * (index % half)) / headSize));
    });
    return cacheType === 'float32' ? table : halfBits(table);
  };
  for (const [index, wave] of [Math.cos, Math.sin].entries())
    graph.constant(rotaryNames[index] ?? '', cacheType, [contextLength, half], tabulate(wave));
}
