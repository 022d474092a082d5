import { runChild } from '../setup/child-process.mjs';
import { root } from '../setup/set-up.mjs';

const tool = (name) => `node_modules/.bin/${name}`;

const checks = [
  { name: 'format', args: [tool('oxfmt'), '--check', '.'] },
  { name: 'lint', args: [tool('oxlint'), '--type-aware'] },
  { name: 'types', args: [tool('tsc'), '-p', 'tsconfig.json', '--noEmit'] },
  { name: 'dead code', args: [tool('knip'), '--no-progress', '--no-config-hints'] },
  { name: 'dependency direction', args: ['scripts/checks/dependency-direction.mjs'] },
  { name: 'generated files', args: ['scripts/checks/generated-fresh.mjs'] },
  { name: 'schemas', args: ['packages/cli/src/main.ts', 'schemas', 'check'] },
  { name: 'documents', args: ['scripts/checks/documents.mjs'] },
  { name: 'API documents', args: ['scripts/checks/api-documents.mjs'] },
  { name: 'client package', args: ['scripts/checks/client-package.mjs'] },
];

/**
 * Runs every static check, one after the other, with a line for each and the output of those that fail.
 *
 * @param {{ node: string, environment: NodeJS.ProcessEnv }} ready
 * @returns {Promise<number>} how many failed
 */
export async function runStaticChecks({ node, environment }) {
  let failed = 0;
  for (const { name, args } of checks) {
    process.stdout.write(`check ${name} … `);
    const startedAtMs = Date.now();
    const { code, stdout, stderr } = await runChild(node, args, { cwd: root, env: environment });
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
    process.stdout.write(`${code === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
    if (code === 0) continue;
    failed += 1;
    process.stdout.write(
      `${[stdout, stderr]
        .map((text) => text.trimEnd())
        .filter(Boolean)
        .join('\n')}\n`,
    );
  }
  return failed;
}
