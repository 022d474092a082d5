import { dequantize } from './dequantize.ts';
import type { DecoderParameters } from './decoder-parameters.ts';
import { accuracyLevel, addLinear, addPacked, type LinearContext } from './linear-layer.ts';
import {
  blockElements,
  eightBitZeroPoint,
  exactEightBitForms,
  quantizeTo8Bits,
  type EightBitForm,
} from './packed-weight.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { readStacked } from './weight-matrix.ts';

const embeddingName = 'token_embd.weight';

/** How many of the most likely tokens the graph hands out, sorted. */
export const candidateCount = 64;

/** Token ids [batch, sequence] to rows of the embedding table. A table of 8 bits stays one; it may be the head too. */
export function addEmbedding(context: LinearContext, parameters: DecoderParameters, tokens: string): string {
  const { graph, file, mode } = context;
  const { vocabularySize, hiddenSize } = parameters;
  const eightBits = mode === 'exact' ? exactForm(context, embeddingName) : undefined;
  if (eightBits !== undefined) {
    const load = async () =>
      eightBits.pack(await readStacked(file, [{ name: embeddingName, permutedHeads: 0 }]));
    const codes = graph.constant(
      'embedding_codes',
      'uint8',
      [vocabularySize, hiddenSize],
      async () => (await load()).codes,
    );
    const scales = graph.constant(
      'embedding_scales',
      'float32',
      [vocabularySize, hiddenSize / eightBits.blockElements],
      async () => (await load()).scales,
    );
    // They are what the operator takes without them, but for CUDA, where it then takes 0 (onnxruntime issue 31692).
    const zeroPoints = graph.constant(
      'embedding_zero_points',
      'uint8',
      [vocabularySize, hiddenSize / eightBits.blockElements],
      async () =>
        new Uint8Array((vocabularySize * hiddenSize) / eightBits.blockElements).fill(eightBitZeroPoint),
    );
    graph.contrib('GatherBlockQuantized', [codes, tokens, scales, zeroPoints], ['embedded'], {
      bits: { int: 8 },
      block_size: { int: eightBits.blockElements },
      gather_axis: { int: 0 },
      quantize_axis: { int: 1 },
    });
    return 'embedded';
  }
  const table = graph.constant('embedding', 'float32', [vocabularySize, hiddenSize], async () => {
    const matrix = await readStacked(file, [{ name: embeddingName, permutedHeads: 0 }]);
    return dequantize(matrix.type, matrix.bytes, vocabularySize * hiddenSize);
  });
  return graph.standard('Gather', [table, tokens], 'embedded');
}

/** Hidden rows [rows, hidden] to `logits`, and from them `candidate_logits`, `candidate_tokens`, `log_sum_exp`. */
export function addHead(context: LinearContext, parameters: DecoderParameters, rows: string): void {
  const { graph } = context;
  addLogits(context, parameters, rows);
  graph.standardMany(
    'TopK',
    ['logits', graph.integers([candidateCount])],
    ['candidate_logits', 'candidate_tokens'],
    { axis: { int: -1 }, largest: { int: 1 }, sorted: { int: 1 } },
  );
  addLogSumExp(graph);
  graph.output('logits', 'float32', ['wanted', parameters.vocabularySize]);
  graph.output('candidate_logits', 'float32', ['wanted', candidateCount]);
  graph.output('candidate_tokens', 'int64', ['wanted', candidateCount]);
  graph.output('log_sum_exp', 'float32', ['wanted']);
}

/** From one logit and its log-probability: `LogSoftmax` is vectorised, `ReduceLogSumExp` is not and takes four times as long. */
function addLogSumExp(graph: GraphBuilder): void {
  const logProbabilities = graph.standard('LogSoftmax', ['logits'], 'log_probabilities', {
    axis: { int: -1 },
  });
  const [logit, logProbability] = ['logits', logProbabilities].map((values) =>
    graph.standard('Gather', [values, graph.scalar(0)], `first_of_${values}`, { axis: { int: 1 } }),
  );
  graph.standard('Sub', [logit ?? '', logProbability ?? ''], 'log_sum_exp');
}

function addLogits(context: LinearContext, parameters: DecoderParameters, rows: string): void {
  const { graph, file, mode } = context;
  const { tiedHead, vocabularySize, hiddenSize } = parameters;
  const source = { name: tiedHead ? embeddingName : 'output.weight', permutedHeads: 0 };
  const exact = exactForm(context, source.name);
  if (mode === 'fp32' && tiedHead) {
    graph.standard('Gemm', [rows, 'embedding'], 'logits', { transB: { int: 1 } });
  } else if (mode === 'fp32') {
    addLinear(context, rows, [source], 'logits');
  } else if (tiedHead && exact !== undefined) {
    // The very bytes of the embedding table: a reshape of constants, which ONNX Runtime does while it loads.
    const blocks = hiddenSize / exact.blockElements;
    const codes = graph.standard(
      'Reshape',
      ['embedding_codes', graph.integers([vocabularySize, blocks, exact.blockElements])],
      'head_codes',
    );
    const scales = graph.standard('Reshape', ['embedding_scales', graph.integers([-1])], 'head_scales');
    graph.contrib('MatMulNBits', [rows, codes, scales], ['logits'], {
      K: { int: hiddenSize },
      N: { int: vocabularySize },
      bits: { int: 8 },
      block_size: { int: exact.blockElements },
      accuracy_level: { int: accuracyLevel },
    });
  } else {
    const form = exact ?? { blockElements, pack: quantizeTo8Bits };
    const shape = {
      name: 'logits',
      rows: vocabularySize,
      columns: hiddenSize,
      bits: 8,
      blockElements: form.blockElements,
    } as const;
    addPacked(graph, rows, shape, async () => form.pack(await readStacked(file, [source])));
  }
}

function exactForm({ file }: LinearContext, name: string): EightBitForm | undefined {
  const type = file.tensors.get(name)?.type;
  return type === undefined ? undefined : exactEightBitForms[type];
}
