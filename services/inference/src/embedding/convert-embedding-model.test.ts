import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureModel, fixtureTensors, makeSafetensors, writeModelFolder } from './bert-fixture.ts';
import { convertEmbeddingModel } from './convert-embedding-model.ts';
import { createEmbedder } from './embedder.ts';

let folder: string;
let conversions = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-embedding-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function convert(changes: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  conversions += 1;
  const source = path.join(folder, `source-${conversions}`);
  const target = path.join(folder, `target-${conversions}`);
  await writeModelFolder(source, { ...fixtureModel(), ...changes });
  await convertEmbeddingModel({ source, target });
  return target;
}

function withConfig(changes: object): Record<string, string> {
  const config = JSON.parse(String(fixtureModel()['config.json'])) as object;
  return { 'config.json': JSON.stringify({ ...config, ...changes }) };
}

function withTensor(change: object): Record<string, Uint8Array> {
  const tensors = fixtureTensors();
  const name = 'embeddings.LayerNorm.bias';
  return {
    'model.safetensors': makeSafetensors({
      ...tensors,
      [name]: Object.assign({ dtype: 'F32', shape: [8], bytes: new Uint8Array(32) }, change),
    }),
  };
}

function asHalf(dtype: 'F16' | 'BF16'): Uint8Array {
  const tensors = Object.entries(fixtureTensors()).map(([name, { shape, bytes }]) => {
    const values = new Float32Array(Uint8Array.from(bytes).buffer);
    const bits = new Uint32Array(values.buffer);
    const halves =
      dtype === 'BF16'
        ? Uint16Array.from(bits, (word) => word >>> 16)
        : new Uint16Array(Float16Array.from(values).buffer);
    return [name, { dtype, shape, bytes: new Uint8Array(halves.buffer) }] as const;
  });
  return makeSafetensors(Object.fromEntries(tensors));
}

async function embedOne(modelFolder: string): Promise<Float32Array> {
  const embedder = await createEmbedder(modelFolder, { threads: 1 });
  const { vectors } = await embedder.embed(['the cats sat'], new AbortController().signal);
  await embedder.close();
  return vectors[0] ?? new Float32Array();
}

describe('a converted embedding model', () => {
  it('is described by model.json and keeps its tokenizer', async () => {
    const target = await convert();
    expect(JSON.parse(await readFile(path.join(target, 'model.json'), 'utf8'))).toMatchObject({
      architecture: 'bert',
      dimensions: 8,
      maxTokens: 32,
      layers: 1,
      sourceSha256: expect.stringMatching(/^[\da-f]{64}$/u),
    });
    expect((await readdir(target)).toSorted()).toEqual([
      'checksums.json',
      'model.json',
      'model.onnx',
      'tokenizer.json',
    ]);
  });

  it.each(['F16', 'BF16'] as const)('is almost the same from weights in %s', async (dtype) => {
    const full = await embedOne(await convert());
    const half = await embedOne(await convert({ 'model.safetensors': asHalf(dtype) }));
    expect(full).toHaveLength(8);
    const cosine = full.reduce((sum, value, index) => sum + value * (half[index] ?? 0), 0);
    expect(cosine).toBeGreaterThan(0.999);
    expect(cosine).toBeLessThan(1.001);
  });
});

describe('a model that cannot be converted', () => {
  const weights = makeSafetensors(fixtureTensors());
  const patched = (offset: number, ...bytes: number[]): Record<string, Uint8Array> => {
    const copy = Uint8Array.from(weights);
    copy.set(bytes, offset);
    return { 'model.safetensors': copy };
  };

  it.each<[string, Record<string, string | Uint8Array>, RegExp]>([
    ['another architecture', withConfig({ model_type: 'roberta' }), /model_type .* "roberta"/u],
    ['another activation', withConfig({ hidden_act: 'gelu_new' }), /hidden_act/u],
    ['a missing count', withConfig({ num_hidden_layers: null }), /num_hidden_layers/u],
    ['heads that do not divide', withConfig({ num_attention_heads: 3 }), /multiple/u],
    ['too long a limit', { 'sentence_bert_config.json': '{"max_seq_length": 33}' }, /max_seq_length/u],
    ['another pooling', { '1_Pooling/config.json': '{"pooling_mode_cls_token": true}' }, /mean/u],
    ['vectors that are not normalised', { 'modules.json': '[{"type":"a.Transformer"}]' }, /Normalize/u],
    ['settings that are not JSON', { 'config.json': '{' }, /not JSON/u],
    ['another tokenizer', { 'tokenizer.json': '{"model":{"type":"BPE"}}' }, /WordPiece/u],
    ['empty weights', { 'model.safetensors': '' }, /no header/u],
    ['an absurd header', patched(0, 255, 255, 255, 255, 255), /header would take/u],
    ['a header that is not JSON', patched(8, 0), /not JSON/u],
    ['truncated weights', { 'model.safetensors': weights.subarray(0, -100) }, /ends at byte/u],
    ['another layer count', withConfig({ num_hidden_layers: 2 }), /no tensor encoder\.layer\.1/u],
    ['another shape', withTensor({ shape: [4, 2] }), /4 × 2 instead of 8/u],
    ['another type', withTensor({ dtype: 'I64', bytes: new Uint8Array(64) }), /I64/u],
    ['a tensor of another size', withTensor({ bytes: new Uint8Array(28) }), /28 bytes instead of 32/u],
  ])('is refused in one sentence: %s', async (_, changes, message) => {
    await expect(convert(changes)).rejects.toThrow(
      expect.objectContaining({ code: 'model_invalid', message: expect.stringMatching(message) }),
    );
    const target = path.join(folder, `target-${conversions}`);
    const left = await readdir(target).catch(() => []);
    expect(left).toEqual([]);
  });

  it('is refused by its path when it is not there', async () => {
    const source = path.join(folder, 'absent');
    await expect(convertEmbeddingModel({ source, target: folder })).rejects.toThrow(
      expect.objectContaining({ code: 'part_missing', message: expect.stringContaining(source) }),
    );
  });
});
