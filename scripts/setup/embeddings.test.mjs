import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createChecksums } from './checked-file.mjs';
import { provideEmbeddingsIfPossible } from './embeddings.mjs';

let cache;
beforeEach(() => (cache = mkdtempSync(join(tmpdir(), 'millrace-embeddings-'))));
afterEach(() => rmSync(cache, { recursive: true }));

/** A set-up that can fetch nothing. */
function provide(environment) {
  const lines = [];
  const workshop = {
    cache,
    environment: { PATH: '', ...environment },
    checksums: createChecksums(cache),
    manifest: {
      embeddings: [
        {
          name: 'tiny',
          default: true,
          files: [{ file: 'model.safetensors', sha256: 'none' }],
          source: { project: 'tiny', version: '1.0', file: 'tiny.whl', folder: 'tiny' },
        },
      ],
    },
    reporter: { line: (text) => lines.push(text), step: () => ({ update() {}, finish() {}, abandon() {} }) },
    exclusively: async () => {
      const { SetUpError } = await import('./set-up-error.mjs');
      throw new SetUpError('the embedding model tiny is missing.');
    },
  };
  return { lines, result: provideEmbeddingsIfPossible(workshop, process.execPath, {}) };
}

it('a start without embeddings goes on, and says so', async () => {
  const { lines, result } = provide({});
  expect(await result).toEqual({});
  expect(lines).toEqual(['there will be no embeddings: the embedding model tiny is missing.']);
});

it('a model that was named and is not there stops the start', async () => {
  await expect(provide({ MILLRACE_EMBEDDING_DIR: cache }).result).rejects.toThrow(/there is no model\.onnx/u);
  await expect(provide({ MILLRACE_EMBEDDING_MODEL: cache }).result).rejects.toThrow(/no model\.safetensors/u);
});
