import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { downloadResumable } from './resumable-download.mjs';

const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));

let folder;
let destination;
let server;
let requests;
let answer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-download-'));
  destination = join(folder, 'file.part');
  requests = [];
  answer = serveRest;
  server = createServer((request, response) => {
    requests.push(request.headers.range);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function firstByte({ headers }) {
  return Number(/^bytes=(\d+)-$/u.exec(headers.range ?? '')?.[1] ?? 0);
}

function serveRest(request, response) {
  const from = firstByte(request);
  response.writeHead(from > 0 ? 206 : 200).end(content.subarray(from));
}

async function download() {
  const reports = { progress: [], retries: [] };
  await downloadResumable({
    locate: async () => `http://127.0.0.1:${server.address().port}/file`,
    destination,
    totalBytes: content.length,
    onProgress: (done) => reports.progress.push(done),
    onRetry: ({ message }) => reports.retries.push(message),
  });
  return reports;
}

it('fetches a file and reports how far it is', async () => {
  const { progress } = await download();
  expect(readFileSync(destination)).toEqual(content);
  expect([progress[0], progress.at(-1)]).toEqual([0, content.length]);
});

it('goes on from the bytes that a killed download left', async () => {
  writeFileSync(destination, content.subarray(0, 40_000));
  const { progress } = await download();
  expect(requests).toEqual(['bytes=40000-']);
  expect(progress[0]).toBe(40_000);
  expect(readFileSync(destination)).toEqual(content);
});

it('asks nobody for a file that is whole', async () => {
  writeFileSync(destination, content);
  await download();
  expect(requests).toEqual([]);
});

it('goes on when the connection breaks, and says so', async () => {
  answer = (request, response) => {
    const from = firstByte(request);
    if (requests.length > 3) return serveRest(request, response);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from });
    response.write(content.subarray(from, from + 20_000), () => setImmediate(() => response.destroy()));
  };
  const { retries } = await download();
  expect(retries).toHaveLength(3);
  expect(readFileSync(destination)).toEqual(content);
  expect(requests).toHaveLength(4);
});

it('starts over with a server that knows no ranges', async () => {
  writeFileSync(destination, Buffer.alloc(40_000));
  answer = (_request, response) => response.end(content);
  await download();
  expect(readFileSync(destination)).toEqual(content);
});

it('starts over behind a part that is longer than the file', async () => {
  writeFileSync(destination, Buffer.alloc(content.length + 1));
  await download();
  expect(requests).toEqual([undefined]);
  expect(readFileSync(destination)).toEqual(content);
});

it.each([
  [404, 1, 'the server answered 404'],
  [503, 3, 'the server answered 503'],
])('gives up on status %i after %i attempts', async (status, attempts, message) => {
  answer = (_request, response) => response.writeHead(status).end();
  await expect(download()).rejects.toThrow(message);
  expect(requests).toHaveLength(attempts);
});

it('refuses more bytes than the file has', async () => {
  answer = (_request, response) => response.end(Buffer.concat([content, content]));
  await expect(download()).rejects.toThrow('more bytes than expected');
});
