import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const hiddenSize = 8;
const feedForwardSize = 16;
const positions = 32;

const words = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  'the',
  'cat',
  '##s',
  'sat',
  '日',
  '本',
  '[',
  ']',
  '.',
  '!',
];
const special = words.slice(0, 5);

export interface FixtureTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** For tests: a safetensors file. */
export function makeSafetensors(tensors: Readonly<Record<string, FixtureTensor>>): Uint8Array {
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const start = offset;
    offset += bytes.byteLength;
    return [name, { dtype, shape, data_offsets: [start, offset] }] as const;
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  return Buffer.concat([length, header, ...Object.values(tensors).map(({ bytes }) => bytes)]);
}

/** For tests: a tokenizer of a few words, in the shape of BERT's. */
export const fixtureTokenizer = {
  added_tokens: special.map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: null,
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
};

/** The files of a tiny BERT, by name; a test replaces some. */
export function fixtureModel(): Record<string, string | Uint8Array> {
  return {
    'config.json': JSON.stringify({
      model_type: 'bert',
      hidden_act: 'gelu',
      hidden_size: hiddenSize,
      intermediate_size: feedForwardSize,
      num_attention_heads: 2,
      num_hidden_layers: 1,
      max_position_embeddings: positions,
      vocab_size: words.length,
      type_vocab_size: 2,
      layer_norm_eps: 1e-12,
    }),
    'sentence_bert_config.json': JSON.stringify({ max_seq_length: positions }),
    'modules.json': JSON.stringify(
      ['Transformer', 'Pooling', 'Normalize'].map((kind) => ({
        type: `sentence_transformers.models.${kind}`,
      })),
    ),
    '1_Pooling/config.json': JSON.stringify({
      pooling_mode_cls_token: false,
      pooling_mode_mean_tokens: true,
    }),
    'tokenizer.json': JSON.stringify(fixtureTokenizer),
    'model.safetensors': makeSafetensors(fixtureTensors()),
  };
}

export function fixtureTensors(): Record<string, FixtureTensor> {
  const square = [hiddenSize, hiddenSize];
  const attention = 'encoder.layer.0.attention';
  const shapes: Record<string, readonly number[]> = {
    'embeddings.word_embeddings.weight': [words.length, hiddenSize],
    'embeddings.position_embeddings.weight': [positions, hiddenSize],
    'embeddings.token_type_embeddings.weight': [2, hiddenSize],
    'encoder.layer.0.intermediate.dense.weight': [feedForwardSize, hiddenSize],
    'encoder.layer.0.intermediate.dense.bias': [feedForwardSize],
    'encoder.layer.0.output.dense.weight': [hiddenSize, feedForwardSize],
    'encoder.layer.0.output.dense.bias': [hiddenSize],
  };
  for (const name of ['self.query', 'self.key', 'self.value', 'output.dense']) {
    shapes[`${attention}.${name}.weight`] = square;
    shapes[`${attention}.${name}.bias`] = [hiddenSize];
  }
  for (const name of ['embeddings', `${attention}.output`, 'encoder.layer.0.output']) {
    shapes[`${name}.LayerNorm.weight`] = [hiddenSize];
    shapes[`${name}.LayerNorm.bias`] = [hiddenSize];
  }
  let state = 1;
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const values = Float32Array.from(
        { length: shape.reduce((product, count) => product * count, 1) },
        () => {
          state = (state * 48_271) % 2_147_483_647;
          return state / 2_147_483_647 - 0.5;
        },
      );
      return [name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }];
    }),
  );
}

export async function writeModelFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
