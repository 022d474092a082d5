import { createWriteStream, rmSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

const stallMs = 30_000;
const attemptsWithoutProgress = 3;

/**
 * Fetches what `locate` gives the address of into `destination`, going on from the bytes that are there. A file that already has `totalBytes`
 * is left as it is, without asking the network.
 *
 * @param {{ locate: () => Promise<string>, destination: string, totalBytes: number,
 *   onProgress: (doneBytes: number) => void, onRetry: (reason: Error) => void }} options
 * @throws the last failure, when several attempts in a row bring nothing
 */
export async function downloadResumable({ locate, destination, totalBytes, onProgress, onRetry }) {
  let failures = 0;
  let url;
  for (;;) {
    const before = sizeOf(destination);
    if (before === totalBytes) return;
    url ??= await locate();
    try {
      await fetchRest({ url, destination, from: before > totalBytes ? 0 : before, totalBytes, onProgress });
      if (sizeOf(destination) !== totalBytes) throw new Error('the connection ended early');
    } catch (error) {
      failures = sizeOf(destination) > before ? 1 : failures + 1;
      if (error.permanent || failures >= attemptsWithoutProgress) throw error;
      onRetry(error);
    }
  }
}

async function fetchRest({ url, destination, from, totalBytes, onProgress }) {
  const controller = new AbortController();
  const stalled = () => controller.abort(new Error(`nothing arrived for ${stallMs / 1000} s`));
  let timer = setTimeout(stalled, stallMs);
  try {
    const headers = from > 0 ? { range: `bytes=${from}-` } : {};
    const response = await fetch(url, { headers, signal: controller.signal });
    if (!response.ok || response.body === null) {
      if (response.status === 416) rmSync(destination, { force: true });
      throw Object.assign(new Error(`the server answered ${response.status}`), {
        permanent: response.status < 500,
      });
    }
    const resumed = response.status === 206;
    let done = resumed ? from : 0;
    onProgress(done);
    const output = createWriteStream(destination, { flags: resumed ? 'a' : 'w' });
    const written = finished(output);
    // It is awaited below: until then a failure is not unhandled.
    written.catch(() => undefined);
    try {
      for await (const chunk of Readable.fromWeb(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(stalled, stallMs);
        done += chunk.length;
        if (done > totalBytes)
          throw Object.assign(new Error('more bytes than expected'), { permanent: true });
        if (!output.write(chunk))
          await new Promise((resolve, reject) => {
            output.once('drain', resolve);
            written.catch(reject);
          });
        onProgress(done);
      }
    } finally {
      output.end();
      await written;
    }
  } finally {
    clearTimeout(timer);
  }
}

function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
