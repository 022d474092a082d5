import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Stoppable } from '@millrace/runtime';
import { findNatsServer } from './find-nats-server.ts';
import { startNatsServer } from './start-nats-server.ts';

/** A nats-server on a folder of its own, for tests and demonstrations: it can be killed and comes back as it was. */
export interface ScratchServer extends Stoppable {
  readonly url: string;
  readonly dataDir: string;
  readonly pid: number;
  /** As a crash would; `start` brings it back. */
  kill(): Promise<void>;
  /** On the same port and data. */
  start(): Promise<void>;
  /** Stops it in good order and starts it again. */
  restart(): Promise<void>;
  /** Stops it and removes the folder. */
  stop(): Promise<void>;
}

/**
 * @param more of its configuration, such as users
 * @throws MillraceError part_missing when there is no nats-server, and as `startNatsServer`
 */
export async function startScratchServer(
  env: Readonly<Record<string, string | undefined>>,
  more?: string,
): Promise<ScratchServer> {
  const binary = await findNatsServer(env);
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-nats-'));
  const logger = createLogger({ service: 'nats-server', level: 'silent' });
  const options = { binary, dataDir, logger, ...(more === undefined ? {} : { more }) };
  let server = await startNatsServer(options);
  const { port, url } = server;
  const start = async (): Promise<void> => {
    server = await startNatsServer({ ...options, port });
  };
  return {
    url,
    dataDir,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    start,
    async restart() {
      await server.stop();
      await start();
    },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
