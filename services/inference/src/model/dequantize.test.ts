import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dequantize } from './dequantize.ts';
import { makeGguf } from './gguf-fixture.ts';
import { openGguf } from './gguf-file.ts';
import type { SupportedTypeName } from './gguf-tensor-types.ts';

/** What llama.cpp's reader made of the same files (bench/record-dequantised.py). */
interface Golden {
  readonly records: readonly {
    readonly type: SupportedTypeName;
    readonly fileSha256: string;
    readonly tensors: Readonly<
      Record<string, { readonly sha256: string; readonly first: readonly number[] }>
    >;
  }[];
}

const golden = JSON.parse(
  await readFile(new URL('../../fixtures/golden-dequantised.json', import.meta.url), 'utf8'),
) as Golden;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-dequantize-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('dequantize', () => {
  it.each(golden.records)("has llama.cpp's values, bit for bit, of $type", async (record) => {
    const { type, fileSha256, tensors } = record;
    const bytes = makeGguf({ linearType: type, embeddingType: type });
    expect(sha256(bytes), 'the file is the one that was recorded').toBe(fileSha256);
    const source = path.join(folder, `${type}.gguf`);
    await writeFile(source, bytes);
    const file = await openGguf(source);
    try {
      for (const [name, expected] of Object.entries(tensors)) {
        const { dimensions = [] } = file.tensors.get(name) ?? {};
        const elements = dimensions.reduce((product, dimension) => product * dimension, 1);
        const values = dequantize(type, await file.readTensor(name), elements);
        expect([...values.subarray(0, expected.first.length)]).toEqual(expected.first);
        expect(sha256(new Uint8Array(values.buffer))).toBe(expected.sha256);
      }
    } finally {
      await file.close();
    }
  });
});
