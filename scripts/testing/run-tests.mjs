import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../command.mjs';
import { countTests } from './count-tests.mjs';

/**
 * Runs vitest once, with its own output on the terminal, and counts what came of it.
 *
 * @param {{ node: string, environment: NodeJS.ProcessEnv }} ready
 * @param {string[]} args for vitest
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runTests(ready, args) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tests-'));
  try {
    const results = join(folder, 'results.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
    const exitCode = await runProgram(ready, [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...reporters,
      ...args,
    ]);
    return countTests(readResults(results), exitCode);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function formatCounts({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}

function readResults(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
