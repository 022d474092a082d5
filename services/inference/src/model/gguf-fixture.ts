import type { SupportedTypeName } from './gguf-tensor-types.ts';

/** A small model for tests: two layers, random weights of one type, a vocabulary of 96 single bytes and words. */
export interface FixtureOptions {
  /** Type of the linear layers; norms are always F32. */
  readonly linearType: SupportedTypeName;
  /** Type of the embedding table. */
  readonly embeddingType: SupportedTypeName;
  /** Default llama. A file of the architecture qwen2 has biases, and qwen2's splitting of text. */
  readonly architecture?: 'llama' | 'qwen2';
  /** Whether there is a head of its own, of the type of the linear layers. */
  readonly untiedHead?: boolean;
  /** Types of single linear layers, by names such as `attn_v`: quantisers mix them. */
  readonly types?: Readonly<Record<string, SupportedTypeName>>;
  /** Metadata to add or replace; undefined removes. */
  readonly metadata?: Readonly<Record<string, FixtureValue | undefined>>;
  /** Added to the file as a tensor [32] of this type number. */
  readonly extraTensor?: { readonly name: string; readonly typeCode: number };
}

type FixtureValue =
  | { readonly uint32: number }
  | { readonly float32: number }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly integers: readonly number[] };

const layers = 2;
const vocabulary = 96;
/** Two query heads share a key-value head. Rows of the K types are whole super-blocks of 256. */
const smallShape = { hidden: 64, feedForward: 96, heads: 2 };
const wideShape = { hidden: 256, feedForward: 512, heads: 4 };

/** How a block lies in the file, in bytes: float16 fields and codes, the fields first except in Q6_K. */
interface BlockLayout {
  readonly typeCode: number;
  readonly elements: number;
  readonly halves: number;
  readonly codes: number;
  readonly halvesLast?: true;
  /** Bits of the smallest field that is drawn, by default the float16 1/128; 1,023 is the most that is added. */
  readonly smallest?: number;
}

const blockLayouts: Readonly<Record<SupportedTypeName, BlockLayout>> = {
  F32: { typeCode: 0, elements: 1, halves: 0, codes: 4 },
  F16: { typeCode: 1, elements: 1, halves: 1, codes: 0 },
  Q4_0: { typeCode: 2, elements: 32, halves: 1, codes: 16 },
  Q4_1: { typeCode: 3, elements: 32, halves: 2, codes: 16 },
  Q8_0: { typeCode: 8, elements: 32, halves: 1, codes: 32 },
  Q4_K: { typeCode: 12, elements: 256, halves: 2, codes: 140, smallest: 0x0c00 },
  Q6_K: { typeCode: 14, elements: 256, halves: 1, codes: 208, halvesLast: true, smallest: 0x0400 },
  BF16: { typeCode: 30, elements: 1, halves: 1, codes: 0, smallest: 0x3a00 },
};

/** The bytes of a GGUF file. The same options give the same file. */
export function makeGguf(options: FixtureOptions): Uint8Array {
  const random = pseudoRandom();
  const { hidden, feedForward } = shapeOf(options);
  const linear = options.linearType;
  const tensors: { name: string; shape: number[]; typeCode: number; bytes: Buffer }[] = [];
  const add = (name: string, shape: number[], type: SupportedTypeName): void => {
    const { typeCode } = blockLayouts[type];
    tensors.push({ name, shape, typeCode, bytes: randomTensor(shape, type, random) });
  };
  add('token_embd.weight', [hidden, vocabulary], options.embeddingType);
  for (let layer = 0; layer < layers; layer += 1) {
    for (const norm of ['attn_norm', 'ffn_norm']) add(`blk.${layer}.${norm}.weight`, [hidden], 'F32');
    const addLinear = (name: string, columns: number, rows: number): void =>
      add(`blk.${layer}.${name}.weight`, [columns, rows], options.types?.[name] ?? linear);
    addLinear('attn_q', hidden, hidden);
    addLinear('attn_k', hidden, hidden / 2);
    addLinear('attn_v', hidden, hidden / 2);
    if (options.architecture === 'qwen2') {
      add(`blk.${layer}.attn_q.bias`, [hidden], 'F32');
      for (const name of ['attn_k', 'attn_v']) add(`blk.${layer}.${name}.bias`, [hidden / 2], 'F32');
    }
    addLinear('attn_output', hidden, hidden);
    addLinear('ffn_gate', hidden, feedForward);
    addLinear('ffn_up', hidden, feedForward);
    addLinear('ffn_down', feedForward, hidden);
  }
  add('output_norm.weight', [hidden], 'F32');
  if (options.untiedHead === true) add('output.weight', [hidden, vocabulary], linear);
  if (options.extraTensor !== undefined) {
    tensors.push({ ...options.extraTensor, shape: [32], bytes: Buffer.alloc(128) });
  }
  return assemble({ ...defaultMetadata(options), ...options.metadata }, tensors);
}

function shapeOf({ linearType, embeddingType, types = {} }: FixtureOptions): typeof smallShape {
  return [linearType, embeddingType, ...Object.values(types)].some((type) => type.endsWith('_K'))
    ? wideShape
    : smallShape;
}

function defaultMetadata(options: FixtureOptions): Record<string, FixtureValue> {
  const { hidden, feedForward, heads } = shapeOf(options);
  const { architecture = 'llama' } = options;
  const tokens = [
    '<|end|>',
    ...Array.from({ length: vocabulary - 3 }, (_, index) => String.fromCodePoint(33 + index)),
  ];
  return {
    'general.architecture': { string: architecture },
    'general.name': { string: 'Fixture' },
    [`${architecture}.block_count`]: { uint32: layers },
    [`${architecture}.context_length`]: { uint32: 128 },
    [`${architecture}.embedding_length`]: { uint32: hidden },
    [`${architecture}.feed_forward_length`]: { uint32: feedForward },
    [`${architecture}.attention.head_count`]: { uint32: heads },
    [`${architecture}.attention.head_count_kv`]: { uint32: heads / 2 },
    [`${architecture}.attention.layer_norm_rms_epsilon`]: { float32: 1e-5 },
    ...(architecture === 'qwen2' ? { 'qwen2.rope.freq_base': { float32: 1_000_000 } } : {}),
    'tokenizer.ggml.model': { string: 'gpt2' },
    'tokenizer.ggml.pre': { string: architecture === 'qwen2' ? 'qwen2' : 'smollm' },
    'tokenizer.ggml.tokens': { strings: [...tokens, 'ab', 'abc'] },
    'tokenizer.ggml.token_type': {
      integers: Array.from({ length: vocabulary }, (_, id) => (id === 0 ? 3 : 1)),
    },
    'tokenizer.ggml.merges': { strings: ['a b', 'ab c'] },
    'tokenizer.ggml.eos_token_id': { uint32: 0 },
    'tokenizer.chat_template': { string: '{{ messages[0].content }}' },
  };
}

function assemble(
  metadata: Record<string, FixtureValue | undefined>,
  tensors: readonly { name: string; shape: number[]; typeCode: number; bytes: Buffer }[],
): Uint8Array {
  const pairs = Object.entries(metadata).filter(
    (pair): pair is [string, FixtureValue] => pair[1] !== undefined,
  );
  const header: Buffer[] = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(pairs.length)];
  for (const [key, value] of pairs) header.push(text(key), encodeValue(value));
  const data: Buffer[] = [];
  let offset = 0;
  for (const { name, shape, typeCode, bytes } of tensors) {
    header.push(text(name), uint32(shape.length), ...shape.map(uint64), uint32(typeCode), uint64(offset));
    const padding = Buffer.alloc(-bytes.byteLength & 31);
    data.push(bytes, padding);
    offset += bytes.byteLength + padding.byteLength;
  }
  const start = Buffer.concat(header);
  return Buffer.concat([start, Buffer.alloc(-start.byteLength & 31), ...data]);
}

function encodeValue(value: FixtureValue): Buffer {
  if ('uint32' in value) return Buffer.concat([uint32(4), uint32(value.uint32)]);
  if ('float32' in value) {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value.float32);
    return Buffer.concat([uint32(6), bytes]);
  }
  if ('string' in value) return Buffer.concat([uint32(8), text(value.string)]);
  if ('strings' in value) {
    return Buffer.concat([uint32(9), uint32(8), uint64(value.strings.length), ...value.strings.map(text)]);
  }
  return Buffer.concat([uint32(9), uint32(5), uint64(value.integers.length), ...value.integers.map(uint32)]);
}

function randomTensor(shape: readonly number[], type: SupportedTypeName, random: () => number): Buffer {
  const layout = blockLayouts[type];
  const { elements, halves, codes, halvesLast, smallest = 0x2000 } = layout;
  const blocks = shape.reduce((product, dimension) => product * dimension, 1) / elements;
  const bytes = Buffer.alloc(blocks * (halves * 2 + codes));
  for (let block = 0, offset = 0; block < blocks; block += 1) {
    if (type === 'F32') bytes.writeFloatLE(random() - 0.5, offset);
    else {
      const halvesAt = offset + (halvesLast === true ? codes : 0);
      const codesAt = offset + (halvesLast === true ? 0 : halves * 2);
      for (let half = 0; half < halves; half += 1) {
        const sign = random() < 0.5 ? 0x8000 : 0;
        bytes.writeUInt16LE(sign + smallest + Math.floor(random() * 1024), halvesAt + half * 2);
      }
      for (let code = 0; code < codes; code += 1) bytes[codesAt + code] = Math.floor(random() * 256);
    }
    offset += halves * 2 + codes;
  }
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.byteLength), bytes]);
}

/** mulberry32: the same numbers in every run. */
function pseudoRandom(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
