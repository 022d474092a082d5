import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCatalogue, type CatalogueEntry } from '@millrace/inference';
import { makeGguf, type FixtureOptions } from '@millrace/inference/gguf-fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

const weights = makeGguf({ linearType: 'Q4_1', embeddingType: 'Q8_0' });
const entry: CatalogueEntry = {
  name: 'fixture',
  version: 'Q4_1',
  aliases: ['small'],
  default: true,
  license: 'Apache-2.0',
  file: 'fixture.gguf',
  sizeBytes: weights.byteLength,
  sha256: createHash('sha256').update(weights).digest('hex'),
  contextTokens: 128,
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-cli-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

async function run(line: string, catalogue: readonly CatalogueEntry[] = [entry]): Promise<Answer> {
  const written = { out: '', error: '' };
  const exitCode = await runCli({
    args: line.split(' '),
    environment: { MILLRACE_CACHE_DIR: path.join(folder, 'cache'), INIT_CWD: folder, MILLRACE_THREADS: '1' },
    catalogue,
    writeOut: (text) => (written.out += text),
    writeError: (text) => (written.error += text),
    isTerminal: false,
  });
  return { exitCode, ...written };
}

async function writeGguf(name: string, options: Partial<FixtureOptions> = {}): Promise<void> {
  await writeFile(
    path.join(folder, name),
    makeGguf({ linearType: 'Q4_1', embeddingType: 'Q8_0', ...options }),
  );
}

/** As the set-up does. */
async function cacheWeights(bytes: Uint8Array = weights): Promise<void> {
  await mkdir(path.join(folder, 'cache', 'weights'), { recursive: true });
  await writeFile(path.join(folder, 'cache', 'weights', entry.file), bytes);
}

describe('millrace', () => {
  it('has the commands that need no administration beside the others', async () => {
    expect(await run('quota --help')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('--dry-run'),
    });
    expect(await run('quota rebuild acme')).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('quota rebuild takes no arguments.'),
    });
    expect(await run('audit verify chain.jsonl')).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('needs --key'),
    });
  });

  it('prints its help and exits 0', async () => {
    expect(await run('--help')).toMatchObject({ exitCode: 0, out: expect.stringContaining('keys') });
    const models = { exitCode: 0, out: expect.stringContaining('models list') };
    expect(await run('models convert --help')).toMatchObject(models);
  });

  it('exits 2 where the command line is wrong', async () => {
    expect((await run('weights list')).error).toMatch(
      /There is no command weights: it must be one of models, /u,
    );
    expect(await run('models show')).toEqual({
      exitCode: 2,
      out: '',
      error: expect.stringMatching(/--help/u),
    });
  });

  it('writes an error as JSON to the standard error where JSON is asked for', async () => {
    const { exitCode, out, error } = await run('models inspect absent --json');
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(JSON.parse(error)).toEqual({
      error: {
        code: 'model_not_found',
        message: 'There is no model and no file absent. Models: fixture:Q4_1.',
      },
    });
  });
});

describe('models list', () => {
  it('shows the models and whether they are on this machine', async () => {
    expect(JSON.parse((await run('models list --json')).out)).toMatchObject({
      models: [{ tag: 'fixture:Q4_1', aliases: ['small'], cached: false, converted: false }],
    });
    await cacheWeights();
    expect((await run('models list')).out).toMatch(/fixture:Q4_1 \(default\) +small .* yes +no\n/u);
  });

  it('has no name twice in the manifest', async () => {
    const catalogue = await readCatalogue();
    const names = catalogue.flatMap(({ name, version, aliases = [] }) => [`${name}:${version}`, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('models inspect', () => {
  it.each(['fixture', 'fixture:Q4_1', 'small', 'small:Q4_1', './cache/weights/fixture.gguf'])(
    'describes the model by the name %s',
    async (name) => {
      await cacheWeights();
      const { exitCode, out } = await run(`models inspect ${name} --json`);
      expect(exitCode).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        tag: 'fixture:Q4_1',
        architecture: 'llama',
        contextLength: 128,
        license: 'Apache-2.0',
        sha256: entry.sha256,
        supported: true,
        tokenizer: { model: 'gpt2', preTokenizer: 'smollm', vocabularySize: 96 },
        tensorTypes: expect.arrayContaining([expect.objectContaining({ type: 'Q4_1', tensors: 14 })]),
      });
    },
  );

  it('describes a file that cannot be converted, and says why', async () => {
    await writeGguf('other.gguf', { extraTensor: { name: 'extra', typeCode: 13 } });
    const { exitCode, out } = await run('models inspect other.gguf');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^tensors .*Q5_K 1/mu);
    expect(out).toMatch(/^supported +no: The tensor extra has the type Q5_K, which is not supported/mu);
  });

  it('says where a model that is not on this machine would be', async () => {
    const { exitCode, error } = await run('models inspect fixture');
    expect(exitCode).toBe(1);
    expect(error).toContain(path.join(folder, 'cache', 'weights', 'fixture.gguf'));
    expect(error).toContain('npm run setup');
  });

  it('wants the version of a name that several models have', async () => {
    const versions = ['Q4_1', 'Q8_0'].map((version) => ({ ...entry, version, default: false }));
    const { exitCode, error } = await run('models inspect fixture', versions);
    expect({ exitCode, error }).toEqual({
      exitCode: 1,
      error: 'fixture is more than one model: fixture:Q4_1, fixture:Q8_0.\n',
    });
  });
});

describe('models convert', () => {
  it('converts a file with progress, and reports what was lost', async () => {
    await writeGguf('source.gguf');
    const { exitCode, out, error } = await run('models convert source.gguf --to made --report');
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: expect.stringMatching(/KL divergence 0\.0/u) });
    expect(error).toMatch(/converting: 100 %\n[^]*measuring against fp32: 100 %\n/u);
    expect((await run('models verify made/')).exitCode).toBe(0);
  });

  it('loses nothing to speak of in fp32', async () => {
    await writeGguf('source.gguf');
    const { out, error } = await run('models convert source.gguf --to made --fp32 --report --json');
    expect(error).toBe('');
    const { quality, mode } = JSON.parse(out);
    expect(mode).toBe('fp32');
    expect(quality).toMatchObject({ tokens: 128, agreement: 1 });
    expect(quality.divergence).toBeLessThan(1e-6);
  });

  it('says in one sentence what is not supported', async () => {
    await writeGguf('other.gguf', { metadata: { 'general.architecture': { string: 'mamba' } } });
    expect(await run('models convert other.gguf --to made')).toEqual({
      exitCode: 1,
      out: '',
      error: 'The architecture mamba is not supported; supported are llama, qwen2.\n',
    });
  });
});

describe('models verify', () => {
  it('says which file of a folder differs and which is missing', async () => {
    await writeGguf('source.gguf');
    await run('models convert source.gguf --to made');
    await appendFile(path.join(folder, 'made', 'model.onnx'), 'x');
    await unlink(path.join(folder, 'made', 'tokenizer.json'));
    const { exitCode, out } = await run('models verify ./made --json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      isGood: false,
      files: [
        { file: path.join(folder, 'made', 'model.onnx'), status: 'differs' },
        { file: path.join(folder, 'made', 'tokenizer.json'), status: 'missing' },
        { file: path.join(folder, 'made', 'model.json'), status: 'ok' },
      ],
    });
  });

  it('says that a folder of before has no hashes', async () => {
    await writeGguf('source.gguf');
    await run('models convert source.gguf --to made');
    await unlink(path.join(folder, 'made', 'checksums.json'));
    const { exitCode, out } = await run('models verify ./made');
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^no hash .*model\.onnx .*convert it again$/mu);
  });

  it('holds the weights of a model against the manifest', async () => {
    await cacheWeights();
    expect(await run('models verify small')).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^ok /u),
    });
    await cacheWeights(weights.map((byte, index) => (index === weights.length - 1 ? byte ^ 1 : byte)));
    expect(await run('models verify small')).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining(`instead of ${entry.sha256}`),
    });
  });

  it('finds the source of a folder by its hash to measure the quality', async () => {
    await cacheWeights();
    await run('models convert fixture --to made');
    const { exitCode, out } = await run('models verify ./made --quality');
    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: expect.stringMatching(/same most likely token \d+\.\d %/u),
    });
  });

  it('refuses to measure against another source', async () => {
    await writeGguf('source.gguf', { linearType: 'Q8_0' });
    await writeGguf('other.gguf', { untiedHead: true });
    await run('models convert source.gguf --to made');
    expect(await run('models verify ./made --quality')).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('--source FILE'),
    });
    expect(await run('models verify ./made --quality --source other.gguf')).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('was converted from another file'),
    });
  });
});
