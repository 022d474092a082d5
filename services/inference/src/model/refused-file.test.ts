import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertModel } from './convert-model.ts';
import { makeGguf, type FixtureOptions } from './gguf-fixture.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-refused-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function withChange(change: Partial<FixtureOptions>): Uint8Array {
  return makeGguf({ linearType: 'Q4_1', embeddingType: 'Q8_0', ...change });
}

describe('a file that cannot be converted', () => {
  const good = withChange({});
  const patched = (offset: number, ...bytes: number[]): Uint8Array => {
    const copy = Uint8Array.from(good);
    copy.set(bytes, offset);
    return copy;
  };

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /truncated/u],
    ['something else', new TextEncoder().encode('PK zip, not a model at all'), /not a GGUF model/u],
    ['another version', patched(4, 9), /version 9 is not supported/u],
    ['absurd counts', patched(8, 255, 255, 255, 255, 255), /claims \d+ tensors/u],
    ['counts past 2^53', patched(8, 255, 255, 255, 255, 255, 255, 255, 255), /out of range/u],
    ['a header cut short', good.subarray(0, 300), /truncated/u],
    ['tensors cut short', good.subarray(0, good.byteLength - 1000), /truncated: .* ends at byte/u],
    ['a file of a big-endian machine', patched(4, 0, 0, 0, 3), /big-endian/u],
    [
      'another architecture',
      withChange({ metadata: { 'general.architecture': { string: 'mamba' } } }),
      /architecture mamba is not supported; supported are llama, qwen2/u,
    ],
    [
      'another architecture with other types of tensors',
      withChange({
        metadata: { 'general.architecture': { string: 'mamba' } },
        extraTensor: { name: 'extra', typeCode: 13 },
      }),
      /architecture mamba/u,
    ],
    [
      'no architecture',
      withChange({ metadata: { 'general.architecture': undefined } }),
      /no general\.architecture/u,
    ],
    [
      'RoPE scaling',
      withChange({ metadata: { 'llama.rope.scaling.type': { string: 'yarn' } } }),
      /RoPE scaling of the type yarn is not supported/u,
    ],
    [
      'RoPE scaling of qwen2',
      withChange({
        architecture: 'qwen2',
        metadata: { 'qwen2.rope.scaling.type': { string: 'linear' } },
      }),
      /RoPE scaling of the type linear/u,
    ],
    [
      'RoPE scaling by factors',
      withChange({ extraTensor: { name: 'rope_freqs.weight', typeCode: 0 } }),
      /RoPE scaling by factors \(rope_freqs/u,
    ],
    [
      'a mixture of experts',
      withChange({ metadata: { 'llama.expert_count': { uint32: 8 } } }),
      /mixture of experts, here of 8,/u,
    ],
    ['one of several parts', withChange({ metadata: { 'split.count': { uint32: 3 } } }), /one of 3 parts/u],
    [
      'a qwen2 model without biases',
      withChange({
        metadata: {
          ...Object.fromEntries(
            ['block_count', 'context_length', 'embedding_length', 'feed_forward_length'].map((name) => [
              `qwen2.${name}`,
              { uint32: { block_count: 2, embedding_length: 64, feed_forward_length: 96 }[name] ?? 128 },
            ]),
          ),
          'general.architecture': { string: 'qwen2' },
          'qwen2.attention.head_count': { uint32: 2 },
          'qwen2.attention.head_count_kv': { uint32: 1 },
          'qwen2.attention.layer_norm_rms_epsilon': { float32: 1e-5 },
        },
      }),
      /no tensor blk\.0\.attn_q\.bias/u,
    ],
    [
      'a missing setting',
      withChange({ metadata: { 'llama.block_count': undefined } }),
      /llama\.block_count/u,
    ],
    [
      'a missing layer',
      withChange({ metadata: { 'llama.block_count': { uint32: 3 } } }),
      /no tensor blk\.2\./u,
    ],
    [
      'a wrong shape',
      withChange({ metadata: { 'llama.feed_forward_length': { uint32: 64 } } }),
      /instead of 64 × 64/u,
    ],
    [
      'another tensor type',
      withChange({ extraTensor: { name: 'extra', typeCode: 13 } }),
      /Q5_K, which is not/u,
    ],
    [
      'a tensor too many',
      withChange({ extraTensor: { name: 'blk.0.attn_q.bias', typeCode: 0 } }),
      /attn_q\.bias is not supported in a model of the architecture llama/u,
    ],
    [
      'another tokenizer',
      withChange({ metadata: { 'tokenizer.ggml.model': { string: 'llama' } } }),
      /tokenizer model llama is not supported; gpt2 is/u,
    ],
    [
      'another splitting',
      withChange({ metadata: { 'tokenizer.ggml.pre': { string: 'new' } } }),
      /pre-tokenizer new is not supported; supported are .*qwen2/u,
    ],
  ])('is refused in one sentence: %s', async (_, bytes, message) => {
    const source = path.join(folder, 'refused.gguf');
    const target = path.join(folder, 'converted');
    await writeFile(source, bytes);
    await expect(convertModel({ source, target, mode: 'exact' })).rejects.toThrow(
      expect.objectContaining({ code: 'model_invalid', message: expect.stringMatching(message) }),
    );
    await expect(readdir(target)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is refused by its path when it is not there', async () => {
    const source = path.join(folder, 'absent.gguf');
    await expect(convertModel({ source, target: folder, mode: 'exact' })).rejects.toThrow(
      expect.objectContaining({ code: 'part_missing', message: expect.stringContaining(source) }),
    );
  });
});
