import { findNatsServer, startNatsServer } from '@millrace/bus/nats-server';
import type { Logger, Stoppable } from '@millrace/runtime';

/** The nats-server of a cluster: it can be killed, and comes back on the same port with the same data. */
export interface ClusterNats extends Stoppable {
  readonly url: string;
  readonly pid: number;
  /** As a crash would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Kills it and starts it again. */
  restart(): Promise<void>;
}

/** @throws `part_missing`, and as `startNatsServer` */
export async function startClusterNats(
  env: NodeJS.ProcessEnv,
  dataDir: string,
  port: number,
  logger: Logger,
): Promise<ClusterNats> {
  const binary = await findNatsServer(env);
  let server = await startNatsServer({ binary, dataDir, port, logger });
  const start = async (): Promise<void> => {
    server = await startNatsServer({ binary, dataDir, port, logger });
  };
  return {
    url: server.url,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    start,
    async restart() {
      await server.kill();
      await start();
    },
    stop: () => server.stop(),
  };
}
