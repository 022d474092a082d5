import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { endWithProcess } from '@millrace/runtime';

const startTimeoutMs = 120_000;
const stopTimeoutMs = 20_000;
const keptLines = 200;

export interface JavaServerOptions {
  readonly name: string;
  /** Of `java`: system properties, the class path, the class and its arguments. */
  readonly args: readonly string[];
  /** A line of its output that says that it takes clients. */
  readonly ready: RegExp;
}

/** A Java process that serves. */
export interface JavaServer {
  readonly pid: number;
  /** The end of what it has printed, for the message of a failed test. */
  output(): string;
  /** With SIGTERM, after 20 s with SIGKILL. */
  stop(): Promise<void>;
  /** As a crash would. */
  kill(): Promise<void>;
}

/** @throws Error with the end of its output when it ends, or is not ready within two minutes */
export async function startJavaServer({ name, args, ready }: JavaServerOptions): Promise<JavaServer> {
  const child = spawn(process.env['MILLRACE_JAVA'] ?? 'java', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a process group of its own: Ctrl-C goes to the test, which stops it.
    detached: true,
  });
  endWithProcess(child, 'SIGKILL');
  const lines: string[] = [];
  const { promise: started, resolve, reject } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      if (ready.test(line)) resolve();
    });
  }
  const exited = new Promise<void>((resolveExited) => {
    child.once('close', () => {
      resolveExited();
      reject(new Error(`${name} ended while it started:\n${lines.join('\n')}`));
    });
  });
  child.once('error', (error) => reject(new Error(`${name} cannot be started`, { cause: error })));
  const tooLate = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
  try {
    await started;
  } finally {
    clearTimeout(tooLate);
  }
  return {
    pid: child.pid ?? 0,
    output: () => lines.join('\n'),
    stop: () => end(child, 'SIGTERM', exited),
    kill: () => end(child, 'SIGKILL', exited),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals, exited: Promise<void>): Promise<void> {
  child.kill(signal);
  const forced = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await exited;
  clearTimeout(forced);
}

/** Ports of 127.0.0.1 that nobody listens on now: a Java server can't be asked for any that is free. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
