import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxRunner } from '../engine/onnx-runner.ts';
import { convertModel } from './convert-model.ts';
import { plainLogits } from './decoder-fixture.ts';
import { openGguf } from './gguf-file.ts';
import { makeGguf, type FixtureOptions } from './gguf-fixture.ts';
import type { ConversionMode } from './linear-layer.ts';
import { readModelManifest } from './model-manifest.ts';

let folder: string;
let conversions = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-convert-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function convert(bytes: Uint8Array, mode: ConversionMode = 'exact'): Promise<string> {
  conversions += 1;
  const source = path.join(folder, `${conversions}.gguf`);
  const target = path.join(folder, `${conversions}`);
  await writeFile(source, bytes);
  await convertModel({ source, target, mode });
  return target;
}

const prompt = Int32Array.of(5, 17, 90, 33, 2, 64, 41);

async function logitsOf(modelDir: string): Promise<Float32Array> {
  const runner = await createOnnxRunner({ modelDir, threads: 1, slots: 1, contextLength: 32 });
  const candidates = await runner.prefill(0, prompt, 0, true);
  const logits = candidates?.fullLogits().slice() ?? new Float32Array(0);
  await runner.close();
  return logits;
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** Length of the difference, relative to the length of the second. */
function relativeError(actual: Float32Array, expected: Float32Array): number {
  return norm(actual.map((value, index) => value - (expected[index] ?? 0))) / norm(expected);
}

describe('a converted model', () => {
  it.each<FixtureOptions>([
    { linearType: 'Q4_1', embeddingType: 'Q8_0' },
    { linearType: 'Q4_1', embeddingType: 'Q8_0', untiedHead: true },
    { linearType: 'Q4_0', embeddingType: 'Q4_0' },
    { linearType: 'Q8_0', embeddingType: 'Q8_0', untiedHead: true },
    { linearType: 'F16', embeddingType: 'F16' },
    { linearType: 'F32', embeddingType: 'F32' },
    { linearType: 'BF16', embeddingType: 'BF16' },
    { linearType: 'Q4_K', embeddingType: 'Q6_K' },
    { linearType: 'Q6_K', embeddingType: 'Q4_K', untiedHead: true },
    { linearType: 'Q4_K', embeddingType: 'Q4_K' },
    // As llama.cpp's Q4_K_M has it.
    { linearType: 'Q4_K', embeddingType: 'Q6_K', types: { attn_v: 'Q6_K', ffn_down: 'Q6_K' } },
  ])('has the logits of its weights in fp32: %o', async (options) => {
    const bytes = makeGguf(options);
    const exact = await logitsOf(await convert(bytes));
    const reference = await logitsOf(await convert(bytes, 'fp32'));
    expect(reference.some((logit) => Math.abs(logit) > 0.01)).toBe(true);
    expect(relativeError(exact, reference)).toBeLessThan(0.1);
  });

  it.each<FixtureOptions>([
    { linearType: 'Q4_1', embeddingType: 'Q8_0' },
    { linearType: 'F16', embeddingType: 'F16', untiedHead: true },
    { architecture: 'qwen2', linearType: 'Q4_1', embeddingType: 'Q8_0' },
    { architecture: 'qwen2', linearType: 'Q4_0', embeddingType: 'Q4_0', untiedHead: true },
    { architecture: 'qwen2', linearType: 'Q8_0', embeddingType: 'Q8_0' },
    { architecture: 'qwen2', linearType: 'BF16', embeddingType: 'BF16' },
    { architecture: 'qwen2', linearType: 'Q4_K', embeddingType: 'Q6_K', types: { attn_v: 'Q6_K' } },
  ])('has the logits that the formulas have: %o', async (options) => {
    const bytes = makeGguf(options);
    const source = path.join(folder, 'plain.gguf');
    await writeFile(source, bytes);
    const file = await openGguf(source);
    const expected = await plainLogits(file, [...prompt]);
    await file.close();
    expect(relativeError(await logitsOf(await convert(bytes, 'fp32')), expected)).toBeLessThan(1e-4);
    expect(relativeError(await logitsOf(await convert(bytes)), expected)).toBeLessThan(0.1);
  });

  it('is described by model.json', async () => {
    const target = await convert(makeGguf({ linearType: 'Q4_1', embeddingType: 'Q8_0' }));
    expect(await readModelManifest(target)).toMatchObject({
      name: 'Fixture',
      architecture: 'llama',
      mode: 'exact',
      layers: 2,
      heads: 2,
      keyValueHeads: 1,
      headSize: 32,
      contextLength: 128,
      vocabularySize: 96,
      eosTokenId: 0,
      chatTemplate: '{{ messages[0].content }}',
      sourceSha256: expect.stringMatching(/^[\da-f]{64}$/u),
    });
  });

  it('has the vocabulary of the file as tokenizer.json', async () => {
    const target = await convert(makeGguf({ linearType: 'Q4_1', embeddingType: 'Q8_0' }));
    expect(JSON.parse(await readFile(path.join(target, 'tokenizer.json'), 'utf8'))).toMatchObject({
      added_tokens: [{ id: 0, content: '<|end|>', special: true }],
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits' }, { type: 'ByteLevel' }] },
      model: {
        type: 'BPE',
        vocab: { '!': 1, abc: 95 },
        merges: [
          ['a', 'b'],
          ['ab', 'c'],
        ],
      },
    });
  });
});
