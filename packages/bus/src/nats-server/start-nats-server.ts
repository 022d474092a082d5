import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  endWithProcess,
  MillraceError,
  recordOwners,
  stopLeftOver,
  systemClock,
  type Clock,
  type Logger,
  type Stoppable,
} from '@millrace/runtime';
import { encryptionKeysFor, natsServerConfig, type SyncPolicy } from './config-file.ts';
import { checkNatsServerBinary } from './server-version.ts';

export interface NatsServerOptions {
  readonly binary: string;
  /** Made when it is not there. Holds the configuration and, under `store`, the streams. */
  readonly dataDir: string;
  /** 0, the default: any that is free. */
  readonly port?: number;
  readonly logger: Logger;
  /** 4 MiB by default. */
  readonly maxPayloadBytes?: number;
  /** Every 10 s by default. */
  readonly sync?: SyncPolicy;
  /**
   * Letters and digits that the files of the streams are encrypted with (AES-256-GCM); what lies there in the clear is taken over. The second
   * one, if there is one, is that of before. By default they are in the clear.
   */
  readonly encryptionKeys?: readonly string[];
  /** More of its configuration, such as users and TLS. */
  readonly more?: string;
  readonly clock?: Clock;
}

/** A nats-server with JetStream as a child process. */
export interface NatsServer extends Stoppable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Kills it at once, as a crash would. */
  kill(): Promise<void>;
  /** Resolves when the process is gone; `expected` tells whether by `stop` or `kill`. */
  readonly exited: Promise<{ readonly expected: boolean }>;
}

const gracePeriodMs = 10_000;
/** Streams that were not closed in good order are checked at the start. */
const startTimeoutMs = 120_000;
const lastLines = 5;
const otherKey = /unable to recover keys|Error decrypting/;

/**
 * Starts a nats-server on 127.0.0.1 and waits until it takes clients. A server that a killed process left behind on the same
 * folder is stopped first.
 * @throws MillraceError part_missing, nats_server_too_old, data_folder_unwritable, port_in_use, unavailable; config_invalid where its files were
 *   encrypted with another key: they are left as they are
 */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const { binary, dataDir, port = 0, logger, clock = systemClock } = options;
  const version = await checkNatsServerBinary(binary);
  await writeConfig(options);
  const owners = join(dataDir, 'nats-server.json');
  await stopLeftOver({ file: owners, dataDir, name: 'nats-server', clock, logger });

  const child = spawn(binary, ['-c', configPath(dataDir)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // In a process group of its own: Ctrl-C in a terminal goes to the parent, which stops the server after everything else.
    detached: true,
    env: { ...process.env, ...encryptionKeysFor(options.encryptionKeys ?? []) },
  });
  endWithProcess(child, 'SIGTERM');
  let expected = false;
  const { promise: exited, resolve: resolveExited } = Promise.withResolvers<{ readonly expected: boolean }>();
  child.on('exit', () => resolveExited({ expected }));
  const pid = child.pid ?? 0;
  const [readyPort] = await Promise.all([
    waitUntilReady(child, port, logger, clock),
    recordOwners(owners, pid),
  ]);
  logger.info({ port: readyPort, pid, version }, 'nats-server is ready');

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    expected = true;
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const forced = clock.setTimer(gracePeriodMs, () => child.kill('SIGKILL'));
    await exited;
    forced.cancel();
  };
  return {
    url: `nats://127.0.0.1:${readyPort}`,
    port: readyPort,
    pid,
    exited,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function configPath(dataDir: string): string {
  return join(dataDir, 'nats-server.conf');
}

async function writeConfig({
  dataDir,
  port = 0,
  maxPayloadBytes,
  sync,
  encryptionKeys,
  more,
}: NatsServerOptions): Promise<void> {
  const config = natsServerConfig({
    dataDir,
    port,
    maxPayloadBytes: maxPayloadBytes ?? 4 * 1024 * 1024,
    sync: sync ?? { intervalMs: 10_000 },
    encryptionKeys: encryptionKeys?.length,
    more,
  });
  try {
    await mkdir(join(dataDir, 'store'), { recursive: true, mode: 0o700 });
    await writeFile(configPath(dataDir), config);
  } catch (error) {
    throw new MillraceError('data_folder_unwritable', `The data folder ${dataDir} cannot be written`, {
      cause: error,
    });
  }
}

/** Follows the log to the line that says so: nats-server starts JetStream before it takes clients. */
async function waitUntilReady(
  child: ChildProcess,
  wantedPort: number,
  logger: Logger,
  clock: Clock,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const last: string[] = [];
  let port = wantedPort;
  child.on('error', (error) => {
    reject(new MillraceError('part_missing', 'The nats-server cannot be run', { cause: error }));
  });
  if (child.stderr === null) throw new MillraceError('internal_error', 'The nats-server has no log');
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => {
    last.push(line);
    if (last.length > lastLines) last.shift();
    logLine(line, logger);
    if (otherKey.test(line)) {
      // It would go on without the streams that it cannot read, and others would be made in their place.
      child.kill('SIGKILL');
      reject(
        new MillraceError(
          'config_invalid',
          'The master key is not the one that the data was sealed with: nats-server cannot decrypt its files. Put the right one into MILLRACE_MASTER_KEY, or into the file that MILLRACE_MASTER_KEY_FILE names.',
        ),
      );
    }
    port = Number(/Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1] ?? port);
    if (line.includes('Server is ready')) resolve(port);
  });
  child.on('close', () => reject(startFailure(last, wantedPort)));
  const tooLate = clock.setTimer(startTimeoutMs, () => child.kill('SIGKILL'));
  try {
    return await promise;
  } finally {
    tooLate.cancel();
  }
}

function startFailure(lines: readonly string[], port: number): MillraceError {
  const text = lines.join('\n');
  if (text.includes('address already in use'))
    return new MillraceError('port_in_use', `Port ${port} is taken: the nats-server cannot listen on it`);
  if (text.includes('permission denied') || text.includes('read-only file system'))
    return new MillraceError(
      'data_folder_unwritable',
      `The nats-server cannot write its data folder: ${lines.at(-1) ?? ''}`,
    );
  return new MillraceError(
    'unavailable',
    `The nats-server ended while it started: ${lines.at(-1) ?? 'it said nothing'}`,
  );
}

function logLine(line: string, logger: Logger): void {
  const [, tag, text] = /\[\d+\] (?:.*)?\[(\w{3})\] (.*)/.exec(line) ?? [];
  if (tag === 'ERR' || tag === 'FTL') logger.error({ detail: text }, 'nats-server reports an error');
  else if (tag === 'WRN') logger.warn({ detail: text }, 'nats-server warns');
  else logger.debug({ detail: text ?? line }, 'nats-server');
}
