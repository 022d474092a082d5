import type { SupportedTypeName } from './gguf-tensor-types.ts';

/** A small model for tests: two layers, random weights of one type, a vocabulary of 96 single bytes and words. */
export interface FixtureOptions {
  /** Type of the linear layers; norms are always F32. */
  readonly linearType: SupportedTypeName;
  /** Type of the embedding table. */
  readonly embeddingType: SupportedTypeName;
  /** Whether there is a head of its own, of the type of the linear layers. */
  readonly untiedHead?: boolean;
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

export const fixtureShape = {
  layers: 2,
  hidden: 64,
  feedForward: 96,
  heads: 2,
  headSize: 32,
  vocabulary: 96,
};

const typeCodes: Readonly<Record<SupportedTypeName, number>> = { F32: 0, F16: 1, Q4_0: 2, Q4_1: 3, Q8_0: 8 };
/** Bytes of a block, and which of its leading float16 fields there are. */
const blockLayouts: Readonly<Record<SupportedTypeName, { elements: number; halves: number; codes: number }>> =
  {
    F32: { elements: 1, halves: 0, codes: 4 },
    F16: { elements: 1, halves: 1, codes: 0 },
    Q4_0: { elements: 32, halves: 1, codes: 16 },
    Q4_1: { elements: 32, halves: 2, codes: 16 },
    Q8_0: { elements: 32, halves: 1, codes: 32 },
  };

/** The bytes of a GGUF file. The same options give the same file. */
export function makeGguf(options: FixtureOptions): Uint8Array {
  const random = pseudoRandom();
  const { hidden, feedForward, layers, vocabulary } = fixtureShape;
  const linear = options.linearType;
  const tensors: { name: string; shape: number[]; typeCode: number; bytes: Buffer }[] = [];
  const add = (name: string, shape: number[], type: SupportedTypeName): void => {
    tensors.push({ name, shape, typeCode: typeCodes[type], bytes: randomTensor(shape, type, random) });
  };
  add('token_embd.weight', [hidden, vocabulary], options.embeddingType);
  for (let layer = 0; layer < layers; layer += 1) {
    for (const norm of ['attn_norm', 'ffn_norm']) add(`blk.${layer}.${norm}.weight`, [hidden], 'F32');
    add(`blk.${layer}.attn_q.weight`, [hidden, hidden], linear);
    add(`blk.${layer}.attn_k.weight`, [hidden, hidden / 2], linear);
    add(`blk.${layer}.attn_v.weight`, [hidden, hidden / 2], linear);
    add(`blk.${layer}.attn_output.weight`, [hidden, hidden], linear);
    add(`blk.${layer}.ffn_gate.weight`, [hidden, feedForward], linear);
    add(`blk.${layer}.ffn_up.weight`, [hidden, feedForward], linear);
    add(`blk.${layer}.ffn_down.weight`, [feedForward, hidden], linear);
  }
  add('output_norm.weight', [hidden], 'F32');
  if (options.untiedHead === true) add('output.weight', [hidden, vocabulary], linear);
  if (options.extraTensor !== undefined) {
    tensors.push({ ...options.extraTensor, shape: [32], bytes: Buffer.alloc(128) });
  }
  return assemble({ ...defaultMetadata(), ...options.metadata }, tensors);
}

function defaultMetadata(): Record<string, FixtureValue> {
  const { hidden, feedForward, layers, heads, vocabulary } = fixtureShape;
  const tokens = [
    '<|end|>',
    ...Array.from({ length: vocabulary - 3 }, (_, index) => String.fromCodePoint(33 + index)),
  ];
  return {
    'general.architecture': { string: 'llama' },
    'general.name': { string: 'Fixture' },
    'llama.block_count': { uint32: layers },
    'llama.context_length': { uint32: 128 },
    'llama.embedding_length': { uint32: hidden },
    'llama.feed_forward_length': { uint32: feedForward },
    'llama.attention.head_count': { uint32: heads },
    'llama.attention.head_count_kv': { uint32: 1 },
    'llama.attention.layer_norm_rms_epsilon': { float32: 1e-5 },
    'tokenizer.ggml.model': { string: 'gpt2' },
    'tokenizer.ggml.pre': { string: 'smollm' },
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
  const { elements, halves, codes } = blockLayouts[type];
  const blocks = shape.reduce((product, dimension) => product * dimension, 1) / elements;
  const bytes = Buffer.alloc(blocks * (halves * 2 + codes));
  for (let block = 0, offset = 0; block < blocks; block += 1) {
    if (type === 'F32') bytes.writeFloatLE(random() - 0.5, offset);
    else {
      // float16 fields, the scale and the minimum: between 1/128 and 1/64, of either sign.
      for (let half = 0; half < halves; half += 1) {
        const sign = random() < 0.5 ? 0x8000 : 0;
        bytes.writeUInt16LE(sign + 0x2000 + Math.floor(random() * 1024), offset + half * 2);
      }
      for (let code = 0; code < codes; code += 1)
        bytes[offset + halves * 2 + code] = Math.floor(random() * 256);
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
