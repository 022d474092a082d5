import type { Stoppable } from '@millrace/runtime';

/** A server as a child process. */
interface ServerProcess extends Stoppable {
  readonly url: string;
  readonly pid: number;
  kill(): Promise<void>;
}

/** A server of a cluster: it can be killed, and comes back on the same port with the same data. */
export interface ClusterServer extends Stoppable {
  readonly url: string;
  readonly pid: number;
  /** As a crash would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Kills it and starts it again. */
  restart(): Promise<void>;
}

/** @throws as `start` */
export async function startClusterServer(start: () => Promise<ServerProcess>): Promise<ClusterServer> {
  let server = await start();
  const startAgain = async (): Promise<void> => {
    server = await start();
  };
  return {
    url: server.url,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    start: startAgain,
    async restart() {
      await server.kill();
      await startAgain();
    },
    stop: () => server.stop(),
  };
}
