import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeModel, type GraphNode, type Initializer, type ModelGraph } from '@millrace/onnx';

/** What the tokenizer of the fixtures knows, by id; all in lower case. */
const vocabulary = (
  '[PAD] [UNK] [CLS] [SEP] <<ENT>> <<SEP>> person organization location ada moyo ben okri contoso gmbh berlin lagos french ' +
  'lives in and of works for . , ##s'
).split(' ');
const special = vocabulary.slice(0, 6);

const idOf = (token: string): number => vocabulary.indexOf(token);

const tokenizer = {
  added_tokens: special.map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [idOf('[CLS]')], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [idOf('[SEP]')], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
  },
};

export const fixtureLabels = ['O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG', 'B-LOC', 'I-LOC', 'B-MISC'] as const;

/** What each word is, whatever stands beside it. */
const labelOf: Readonly<Record<string, (typeof fixtureLabels)[number]>> = {
  ada: 'B-PER',
  moyo: 'I-PER',
  ben: 'B-PER',
  okri: 'I-PER',
  contoso: 'B-ORG',
  gmbh: 'I-ORG',
  berlin: 'B-LOC',
  lagos: 'B-LOC',
  french: 'B-MISC',
};

const float = (name: string, shape: readonly number[], values: readonly number[]): Initializer => ({
  name,
  type: 'float32',
  shape,
  load: () => Float32Array.from(values),
});
const integers = (name: string, shape: readonly number[], values: readonly number[]): Initializer => ({
  name,
  type: 'int64',
  shape,
  load: () => BigInt64Array.from(values, BigInt),
});
const node = (
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: GraphNode['attributes'] = {},
): GraphNode => ({ operator, inputs, outputs: [output], attributes });
const matrix = (name: string) => ({ name, type: 'int64', shape: ['batch', 'sequence'] }) as const;
const toFloat = { to: { int: 1 } };
const toInt64 = { to: { int: 7 } };

/** Scores of each token by a table, nothing where the mask is 0. */
const lookUp: readonly GraphNode[] = [
  node('Gather', ['table', 'input_ids'], 'bare'),
  node('Cast', ['attention_mask'], 'mask', toFloat),
  node('Unsqueeze', ['mask', 'last_axis'], 'mask_column'),
  node('Mul', ['bare', 'mask_column'], 'scores'),
];

async function writeFolder(
  folder: string,
  files: Readonly<Record<string, object>>,
  graph: ModelGraph,
  graphFile: string,
): Promise<void> {
  const target = path.join(folder, graphFile);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(path.join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  for (const [name, value] of Object.entries(files))
    await writeFile(path.join(folder, name), JSON.stringify(value));
  await writeModel(target, graph);
}

export interface TokenClassifierFixture {
  /** By default those of `fixtureLabels`. */
  readonly labels?: readonly string[];
  readonly config?: object;
  readonly graphFile?: string;
}

/** For tests: a folder as Optimum exports it, of a network that knows a few words: Ada Moyo, Ben Okri, Contoso GmbH, Berlin, Lagos. */
export async function writeTokenClassifier(
  folder: string,
  { labels = fixtureLabels, config = {}, graphFile = 'model.onnx' }: TokenClassifierFixture = {},
): Promise<void> {
  const table = vocabulary.flatMap((word) =>
    fixtureLabels.map((label) => (label === (labelOf[word] ?? 'O') ? 6 : 0)),
  );
  const graph: ModelGraph = {
    name: 'labels',
    operatorSet: 17,
    nodes: [
      ...lookUp,
      node('Cast', ['token_type_ids'], 'kinds', toFloat),
      node('Unsqueeze', ['kinds', 'last_axis'], 'kind_column'),
      node('Add', ['scores', 'kind_column'], 'logits'),
    ],
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map(matrix),
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', 'sequence', fixtureLabels.length] }],
    initializers: [
      float('table', [vocabulary.length, fixtureLabels.length], table),
      integers('last_axis', [1], [2]),
    ],
  };
  const id2label = Object.fromEntries(labels.map((label, id) => [id, label]));
  await writeFolder(
    folder,
    { 'config.json': { model_type: 'bert', max_position_embeddings: 128, id2label, ...config } },
    graph,
    graphFile,
  );
}

const classes = ['PER', 'ORG', 'LOC'];
const maxWidth = 4;

/** How much a word begins, ends or is within a name of each class. */
function scoresOf(word: string, kinds: readonly ('start' | 'end' | 'inside')[]): readonly number[] {
  const label = labelOf[word] ?? 'O';
  const alone = ['berlin', 'lagos'].includes(word);
  const is = { start: label.startsWith('B'), end: label.startsWith('I') || alone, inside: label !== 'O' };
  return classes.flatMap((name) => kinds.map((kind) => (label.endsWith(name) && is[kind] ? 4 : -4)));
}

/** [batch, words, features] of the first token of each word. */
const wordFeatures: readonly GraphNode[] = [
  ...lookUp,
  node('ReduceMax', ['text_lengths'], 'longest', { keepdims: { int: 0 } }),
  node('Add', ['longest', 'one'], 'behind'),
  node('Range', ['one', 'behind', 'one'], 'numbers'),
  node('Unsqueeze', ['numbers', 'outer_axes'], 'number_column'),
  node('Unsqueeze', ['words_mask', 'middle_axis'], 'mask_rows'),
  node('Equal', ['mask_rows', 'number_column'], 'is_first'),
  node('Cast', ['is_first'], 'picked', toFloat),
  node('MatMul', ['picked', 'scores'], 'words'),
];
const wordConstants: readonly Initializer[] = [
  integers('last_axis', [1], [2]),
  integers('one', [], [1]),
  integers('outer_axes', [2], [0, 2]),
  integers('middle_axis', [1], [1]),
];
const textInputs = ['input_ids', 'attention_mask', 'words_mask', 'text_lengths'].map(matrix);

function spanGraph(): ModelGraph {
  // The first classes are how much a word begins a name, the others how much it ends one.
  const table = vocabulary.flatMap((word) => [...scoresOf(word, ['start']), ...scoresOf(word, ['end'])]);
  const [first, second] = [
    classes.map((_, index) => index),
    classes.map((_, index) => index + classes.length),
  ];
  return {
    name: 'spans',
    operatorSet: 17,
    nodes: [
      ...wordFeatures,
      node('Cast', ['span_mask'], 'span_numbers', toInt64),
      node('Unsqueeze', ['span_numbers', 'last_axis'], 'span_column'),
      node('Mul', ['span_idx', 'span_column'], 'places'),
      node('Gather', ['places', 'zero'], 'firsts', { axis: { int: 2 } }),
      node('Gather', ['places', 'ones'], 'lasts', { axis: { int: 2 } }),
      node('GatherND', ['words', 'firsts'], 'at_first', { batch_dims: { int: 1 } }),
      node('GatherND', ['words', 'lasts'], 'at_last', { batch_dims: { int: 1 } }),
      node('Gather', ['at_first', 'start_features'], 'start_scores', { axis: { int: 2 } }),
      node('Gather', ['at_last', 'end_features'], 'end_scores', { axis: { int: 2 } }),
      node('Add', ['start_scores', 'end_scores'], 'flat'),
      node('Reshape', ['flat', 'span_shape'], 'by_width'),
      node('Add', ['by_width', 'penalty'], 'logits'),
    ],
    inputs: [
      ...textInputs,
      { name: 'span_idx', type: 'int64', shape: ['batch', 'spans', 2] },
      { name: 'span_mask', type: 'bool', shape: ['batch', 'spans'] },
    ],
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', 'words', maxWidth, classes.length] }],
    initializers: [
      ...wordConstants,
      float('table', [vocabulary.length, 2 * classes.length], table),
      integers('zero', [1], [0]),
      integers('ones', [1], [1]),
      integers('start_features', [classes.length], first),
      integers('end_features', [classes.length], second),
      integers('span_shape', [4], [0, -1, maxWidth, classes.length]),
      // Longer spans are less sure.
      float(
        'penalty',
        [maxWidth, 1],
        Array.from({ length: maxWidth }, (_, width) => -width),
      ),
    ],
  };
}

function tokenGraph(isOld: boolean): ModelGraph {
  const table = vocabulary.flatMap((word) => scoresOf(word, ['start', 'end', 'inside']));
  const reshaped = isOld ? 'by_class' : 'logits';
  return {
    name: 'tokens',
    operatorSet: 17,
    nodes: [
      ...wordFeatures,
      node('Reshape', ['words', 'class_shape'], reshaped),
      ...(isOld ? [node('Transpose', [reshaped], 'logits', { perm: { ints: [3, 0, 1, 2] } })] : []),
    ],
    inputs: textInputs,
    outputs: [{ name: 'logits', type: 'float32', shape: ['a', 'b', 'c', 'd'] }],
    initializers: [
      ...wordConstants,
      float('table', [vocabulary.length, 3 * classes.length], table),
      integers('class_shape', [4], [0, 0, classes.length, 3]),
    ],
  };
}

/** For tests: a folder as GLiNER exports it, of a network that knows the same words. */
export async function writeGliner(
  folder: string,
  mode: 'span' | 'token' | 'old token' = 'span',
  config: object = {},
): Promise<void> {
  const files = {
    'gliner_config.json': {
      span_mode: mode === 'span' ? 'markerV0' : 'token_level',
      max_width: maxWidth,
      max_len: 64,
      ent_token: '<<ENT>>',
      sep_token: '<<SEP>>',
      ...config,
    },
  };
  await writeFolder(
    folder,
    files,
    mode === 'span' ? spanGraph() : tokenGraph(mode === 'old token'),
    'model.onnx',
  );
}
