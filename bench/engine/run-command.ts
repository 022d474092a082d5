import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/**
 * Runs a command to its end; what it says on stderr is progress and goes to ours, unless `quiet`: then only its end is told, on failure.
 *
 * @returns its stdout
 * @throws Error in one sentence if it cannot be started or fails
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { quiet = false }: { readonly quiet?: boolean } = {},
): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', quiet ? 'pipe' : 'inherit'] });
  const exit = once(child, 'close') as Promise<[number | null, string | null]>;
  try {
    const [stdout, stderr, [code, signal]] = await Promise.all([
      child.stdout === null ? '' : text(child.stdout),
      child.stderr === null ? '' : text(child.stderr),
      exit,
    ]);
    if (code === 0) return stdout;
    const end = stderr.trim().split('\n').slice(-5).join('\n');
    throw new Error(`${command} ended with ${signal ?? code}.${end && `\n${end}`}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`${command} was not found: the benchmark needs it.`, { cause: error });
  }
}

/** The npm that started this process, else the one on PATH. */
export function runNpm(args: readonly string[]): Promise<string> {
  const script = process.env['npm_execpath'];
  return script?.endsWith('npm-cli.js') === true
    ? runCommand(process.execPath, [script, ...args])
    : runCommand('npm', args);
}
