import type { ChildProcess } from 'node:child_process';

/** A gateway that runs, in front of the provider. */
export interface RunningGateway {
  /** Of `POST /chat/completions`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  /** Its first process: what it started counts as well. */
  readonly pid: number;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** @param providerUrl ends with /v1 */
  start(providerUrl: string): Promise<RunningGateway>;
}

/** Ends a process and waits for its end. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}
