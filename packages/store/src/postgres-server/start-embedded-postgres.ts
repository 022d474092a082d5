import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  endWithProcess,
  MillraceError,
  recordOwners,
  stopLeftOver,
  systemClock,
  type Logger,
  type Stoppable,
} from '@millrace/runtime';
import { findPostgresBinaries } from './binaries.ts';
import { ensureCluster, superuser } from './cluster.ts';
import { findServerUser, makeFolderFor, requireReachable } from './server-user.ts';

export interface EmbeddedPostgresOptions {
  /** Made when it is not there. */
  readonly dataDir: string;
  /** Of 127.0.0.1; a free one by default. */
  readonly port?: number;
  readonly logger: Logger;
}

/** A PostgreSQL as a child process. */
export interface EmbeddedPostgres extends Stoppable {
  /** Of the database `postgres`, for its superuser. Has the password. */
  readonly url: string;
  readonly pid: number;
  /** Ends it as a crash would: what is not in its log of changes is lost. */
  kill(): Promise<void>;
}

const readyLine = 'database system is ready to accept connections';
const stopLimitMs = 20_000;

/**
 * Starts a PostgreSQL on 127.0.0.1 and waits until it takes clients. One that a killed process left behind on the same
 * folder is stopped first.
 *
 * @throws `part_missing`, `data_folder_unwritable`, `database_unavailable`
 */
export async function startEmbeddedPostgres({
  dataDir,
  port: wantedPort,
  logger,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const [binaries, user] = await Promise.all([findPostgresBinaries(), findServerUser()]);
  await makeFolderFor(user, dataDir);
  if (user !== undefined) await requireReachable(user, binaries.postgres);
  const owners = join(dataDir, 'postgres.json');
  await stopLeftOver({
    file: owners,
    dataDir,
    name: 'postgres',
    stopSignal: 'SIGINT',
    clock: systemClock,
    logger,
  });
  const cluster = await ensureCluster(binaries, user, dataDir);
  const port = wantedPort ?? (await freePort());

  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    log_statement: 'none',
    log_min_error_statement: 'panic',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    shared_buffers: '64MB',
    max_connections: '200',
  };
  const child = spawn(
    binaries.postgres,
    [
      '-D',
      cluster.folder,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      cwd: cluster.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      // In a process group of its own: Ctrl-C in a terminal goes to the parent, which stops the server after everything else.
      detached: true,
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    },
  );
  endWithProcess(child, 'SIGQUIT');
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  await untilReady(child, exited, logger);
  const pid = child.pid ?? 0;
  await recordOwners(owners, pid);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    url: `postgres://${superuser}:${cluster.password}@127.0.0.1:${port}/postgres`,
    pid,
    async kill() {
      if (hasEnded()) return;
      // PostgreSQL's immediate shutdown: its processes end where they are. SIGKILL would leave them behind.
      child.kill('SIGQUIT');
      await exited;
    },
    async stop() {
      if (hasEnded()) return;
      // SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back, the data is written.
      child.kill('SIGINT');
      const limit = setTimeout(() => child.kill('SIGQUIT'), stopLimitMs);
      await exited;
      clearTimeout(limit);
    },
  };
}

async function untilReady(child: ChildProcess, exited: Promise<void>, logger: Logger): Promise<void> {
  let lastLine = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new MillraceError('database_unavailable', 'PostgreSQL could not be started.', { cause })),
    );
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      lastLine = line;
      logger.debug({ line }, 'PostgreSQL wrote to its log');
      if (line.includes(readyLine)) resolve();
    });
  });
  await Promise.race([
    ready,
    exited.then(() => {
      throw new MillraceError(
        'database_unavailable',
        `PostgreSQL did not start: ${lastLine || 'it said nothing'}`,
      );
    }),
  ]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return port;
}
