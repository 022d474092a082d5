import { describeSetUpError } from './setup/set-up-error.mjs';
import { exitCodeOf, Interrupted, runChild } from './setup/child-process.mjs';
import { endWithParent } from './setup/end-with-parent.mjs';
import { root } from './setup/set-up.mjs';

/**
 * Runs a command of this folder: what goes wrong is told on stderr without a stack trace, and the exit code is set.
 *
 * @param {() => Promise<number>} main resolves to the exit code
 */
export async function runCommand(main) {
  if (process.env.npm_lifecycle_event !== undefined) endWithParent();
  try {
    process.exitCode = await main();
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = error.exitCode;
      return;
    }
    process.stderr.write(`${describeSetUpError(error)}\n`);
    if (process.env.MILLRACE_DEBUG) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  }
}

/**
 * Runs a program of the repository on its Node, with this process's own standard streams.
 *
 * @param {{ node: string, environment: NodeJS.ProcessEnv }} setUpResult
 * @param {string[]} args the file, relative to the repository's root, and its arguments
 * @returns {Promise<number>} the exit code
 */
export async function runProgram({ node, environment }, args) {
  return exitCodeOf(await runChild(node, args, { cwd: root, env: environment, stdio: 'inherit' }));
}
