import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const build = fileURLToPath(new URL('../../../packages/client/build.mjs', import.meta.url));

/** As an application would have it: it loads the client as an ES module, with no bundler between. */
const page = new URL('page.html', import.meta.url);

/** The client as it is published, on a page at origins of its own. */
export interface ServedClient {
  readonly origin: string;
  /** The same page at another port, and so of another origin. */
  readonly otherOrigin: string;
  stop(): Promise<void>;
}

/** Builds the package `@millrace/client` and serves it. */
export async function serveClient(): Promise<ServedClient> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-client-'));
  await promisify(execFile)(process.execPath, [build, path.join(folder, 'client')]);
  const listen = async () => {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://page');
      const [file, type] =
        pathname === '/'
          ? [page, 'text/html']
          : [path.join(folder, path.normalize(pathname)), 'text/javascript'];
      readFile(file).then(
        (content) => response.writeHead(200, { 'content-type': type }).end(content),
        () => response.writeHead(404).end(),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const servers = [await listen(), await listen()] as const;
  const [origin, otherOrigin] = servers.map(
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  ) as [string, string];
  return {
    origin,
    otherOrigin,
    async stop() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      await rm(folder, { recursive: true });
    },
  };
}
