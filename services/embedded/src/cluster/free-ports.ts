import { createServer, type Server } from 'node:net';
import { MillraceError } from '@millrace/runtime';

/** Below the ports that systems give to outgoing connections, so that nobody takes one while its process is away. */
const firstPort = 20_000;
const portCount = 12_000;
const attempts = 200;

/** As many ports of 127.0.0.1 that nobody listens on, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: { readonly port: number; readonly server: Server }[] = [];
  try {
    for (let attempt = 0; held.length < count; attempt += 1) {
      if (attempt === attempts) throw new MillraceError('unavailable', 'No free ports were found.');
      const port = firstPort + Math.floor(Math.random() * portCount);
      const server = await hold(port);
      if (server !== undefined) held.push({ port, server });
    }
    return held.map(({ port }) => port);
  } finally {
    for (const { server } of held) {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    }
  }
}

/** Listens on a port, or tells that it cannot. */
function hold(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
