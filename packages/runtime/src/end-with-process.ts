import type { ChildProcess } from 'node:child_process';

/** Sends a child the signal when this process exits without having stopped it. It cannot be waited for then. */
export function endWithProcess(child: ChildProcess, signal: NodeJS.Signals): void {
  const end = (): void => void child.kill(signal);
  process.once('exit', end);
  child.once('exit', () => process.removeListener('exit', end));
}
