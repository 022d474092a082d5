import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { runChild } from '../setup/child-process.mjs';
import { root } from '../setup/set-up.mjs';

// Builds the client as it is published and looks at the package as those who install it will.
const folder = mkdtempSync(join(tmpdir(), 'millrace-client-'));
try {
  const built = join(folder, 'package');
  await run(process.execPath, ['packages/client/build.mjs', built]);
  const problems = [...(await lintPackage(built)), ...(await checkTypes(built))];
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function lintPackage(pkgDir) {
  const { messages } = await publint({ pkgDir, strict: true, pack: 'npm' });
  const described = JSON.parse(readFileSync(join(pkgDir, 'package.json'), 'utf8'));
  return messages.map((message) => `publint: ${formatMessage(message, described, { color: false })}`);
}

/** The client is ESM alone: CommonJS loads it with `import()`, or with `require` from Node 22 on. */
async function checkTypes(pkgDir) {
  const stdout = await run('npm', ['pack', '--json', '--pack-destination', folder], pkgDir);
  const [{ filename }] = JSON.parse(stdout);
  const analysis = await checkPackage(
    createPackageFromTarballData(new Uint8Array(readFileSync(join(folder, filename)))),
  );
  if (!analysis.types) return ['attw: the package has no types'];
  return analysis.problems
    .filter(({ kind, resolutionKind }) => kind !== 'CJSResolvesToESM' && resolutionKind !== 'node10')
    .map((problem) => `attw: ${JSON.stringify(problem)}`);
}

async function run(command, args, cwd = root) {
  const { code, stdout, stderr } = await runChild(command, args, { cwd });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}
