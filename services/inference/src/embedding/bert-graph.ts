import type { ModelGraph } from '@millrace/onnx';
import { GraphBuilder } from '../model/graph-builder.ts';
import type { BertParameters } from './bert-parameters.ts';
import type { SafetensorsFile } from './safetensors-file.ts';

interface Context {
  readonly graph: GraphBuilder;
  readonly file: SafetensorsFile;
  readonly parameters: BertParameters;
}

/** Below these, sentence-transformers divides by them instead. */
const smallestCount = 1e-9;
const smallestNorm = 1e-12;

/**
 * The encoder as an ONNX graph, in float32 (Devlin et al., https://arxiv.org/abs/1810.04805; pooling: Reimers and
 * Gurevych, https://arxiv.org/abs/1908.10084). The names of weights are those of Hugging Face's `BertModel`.
 *
 * Inputs: `input_ids` and `mask` [batch, sequence]; the mask is 1 for a token and 0 for padding, which is on the right.
 * Output: `vectors` [batch, hidden size], of length 1.
 */
export function buildBertGraph(file: SafetensorsFile, parameters: BertParameters): ModelGraph {
  const graph = new GraphBuilder();
  const context: Context = { graph, file, parameters };
  graph.input('input_ids', 'int32', ['batch', 'sequence']);
  graph.input('mask', 'int32', ['batch', 'sequence']);
  let hidden = addEmbeddings(context);
  for (let layer = 0; layer < parameters.layers; layer += 1) {
    hidden = addFeedForward(context, layer, addAttention(context, layer, hidden));
  }
  addPooling(context, hidden);
  graph.output('vectors', 'float32', ['batch', parameters.hiddenSize]);
  return graph.build('bert');
}

function addEmbeddings(context: Context): string {
  const { graph, file, parameters } = context;
  const { vocabularySize, positions, tokenTypes, hiddenSize, normEpsilon } = parameters;
  const words = addWeight(context, 'embeddings.word_embeddings.weight', [vocabularySize, hiddenSize]);
  // All tokens of a single text are of type 0: its embedding is a part of each position's.
  const places = graph.constant('positions', 'float32', [positions, hiddenSize], async () => {
    const table = await file.readTensor('embeddings.position_embeddings.weight', [positions, hiddenSize]);
    const types = await file.readTensor('embeddings.token_type_embeddings.weight', [tokenTypes, hiddenSize]);
    return table.map((value, index) => value + (types[index % hiddenSize] ?? 0));
  });
  const norm = addNormWeights(context, 'embeddings.LayerNorm');
  graph.contrib(
    'EmbedLayerNormalization',
    ['input_ids', '', words, places, '', ...norm],
    ['embedded', 'unused_mask_index'],
    { epsilon: { float: normEpsilon } },
  );
  return 'embedded';
}

function addAttention(context: Context, layer: number, input: string): string {
  const { graph, file, parameters } = context;
  const { hiddenSize, heads } = parameters;
  const prefix = `encoder.layer.${layer}.attention`;
  const parts = ['query', 'key', 'value'].map((part) => `${prefix}.self.${part}`);
  const weight = graph.constant(`${prefix}.self.weight`, 'float32', [hiddenSize, 3 * hiddenSize], async () =>
    transposeSideBySide(
      await Promise.all(parts.map((part) => file.readTensor(`${part}.weight`, [hiddenSize, hiddenSize]))),
      hiddenSize,
    ),
  );
  const bias = graph.constant(`${prefix}.self.bias`, 'float32', [3 * hiddenSize], async () => {
    const biases = await Promise.all(parts.map((part) => file.readTensor(`${part}.bias`, [hiddenSize])));
    return Float32Array.from(biases.flatMap((values) => [...values]));
  });
  const attended = `attended_${layer}`;
  graph.contrib('Attention', [input, weight, bias, 'mask'], [attended], { num_heads: { int: heads } });
  const projected = addProduct(context, `${prefix}.output.dense`, attended, hiddenSize, hiddenSize);
  return addAndNormalize(context, `${prefix}.output`, projected, input);
}

function addFeedForward(context: Context, layer: number, input: string): string {
  const { graph, parameters } = context;
  const { hiddenSize, feedForwardSize } = parameters;
  const prefix = `encoder.layer.${layer}`;
  const name = `${prefix}.intermediate.dense`;
  const wide = addProduct(context, name, input, hiddenSize, feedForwardSize);
  const activated = `activated_${layer}`;
  // GELU by the error function, not its approximation by tanh.
  graph.contrib('BiasGelu', [wide, addWeight(context, `${name}.bias`, [feedForwardSize])], [activated], {});
  const narrow = addProduct(context, `${prefix}.output.dense`, activated, feedForwardSize, hiddenSize);
  return addAndNormalize(context, `${prefix}.output`, narrow, input);
}

/** A product with a weight that is stored as [outputs, inputs]; the bias is added by what comes next. */
function addProduct(
  { graph, file }: Context,
  name: string,
  input: string,
  inputs: number,
  outputs: number,
): string {
  const weight = graph.constant(`${name}.weight`, 'float32', [inputs, outputs], async () =>
    transposeSideBySide([await file.readTensor(`${name}.weight`, [outputs, inputs])], inputs),
  );
  return graph.standard('MatMul', [input, weight], `${name}.product`);
}

/** LayerNorm(product + bias + residual), with the names of a `BertOutput`. */
function addAndNormalize(context: Context, prefix: string, product: string, residual: string): string {
  const { graph, parameters } = context;
  const bias = addWeight(context, `${prefix}.dense.bias`, [parameters.hiddenSize]);
  const output = `${prefix}.normalized`;
  graph.contrib(
    'SkipLayerNormalization',
    [product, residual, ...addNormWeights(context, `${prefix}.LayerNorm`), bias],
    [output],
    { epsilon: { float: parameters.normEpsilon } },
  );
  return output;
}

/** The mean over the tokens that are not padding, divided by its length. */
function addPooling({ graph, parameters }: Context, hidden: string): void {
  const { hiddenSize } = parameters;
  const scalar = (name: string, value: number): string =>
    graph.constant(name, 'float32', [1], () => Float32Array.of(value));
  const mask = graph.standard('Cast', ['mask'], 'mask_float', { to: { int: 1 } });
  const row = graph.standard('Unsqueeze', [mask, graph.integers([1])], 'mask_row');
  const summed = graph.standard('MatMul', [row, hidden], 'summed');
  const sum = graph.standard('Reshape', [summed, graph.integers([-1, hiddenSize])], 'sum');
  const counted = graph.standard('ReduceSum', [mask, graph.integers([1])], 'counted');
  const count = graph.standard('Max', [counted, scalar('smallest_count', smallestCount)], 'count');
  const mean = graph.standard('Div', [sum, count], 'mean');
  const measured = graph.standard('ReduceL2', [mean], 'measured', { axes: { ints: [1] } });
  const length = graph.standard('Max', [measured, scalar('smallest_norm', smallestNorm)], 'length');
  graph.standard('Div', [mean, length], 'vectors');
}

function addNormWeights(context: Context, prefix: string): readonly [string, string] {
  const shape = [context.parameters.hiddenSize];
  return [addWeight(context, `${prefix}.weight`, shape), addWeight(context, `${prefix}.bias`, shape)];
}

function addWeight({ graph, file }: Context, name: string, shape: readonly number[]): string {
  return graph.constant(name, 'float32', shape, () => file.readTensor(name, shape));
}

/** Matrices of [outputs, inputs], each transposed, in one of [inputs, all outputs]. */
function transposeSideBySide(
  matrices: readonly Float32Array<ArrayBuffer>[],
  inputs: number,
): Float32Array<ArrayBuffer> {
  const outputs = matrices.reduce((sum, matrix) => sum + matrix.length / inputs, 0);
  const result = new Float32Array(inputs * outputs);
  let column = 0;
  for (const matrix of matrices) {
    for (let start = 0; start < matrix.length; start += inputs) {
      for (let input = 0; input < inputs; input += 1)
        result[input * outputs + column] = matrix[start + input] ?? 0;
      column += 1;
    }
  }
  return result;
}
