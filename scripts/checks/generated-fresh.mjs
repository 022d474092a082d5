import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../setup/child-process.mjs';
import { root } from '../setup/set-up.mjs';

// Each generator in generators.json, run with --check, exits with 0 when what it would write is what is there.
const generators = JSON.parse(readFileSync(join(root, 'scripts/checks/generators.json'), 'utf8'));

for (const generator of generators) {
  if (!existsSync(join(root, generator))) {
    process.stdout.write(`${generator} is in scripts/checks/generators.json and is not there\n`);
    process.exitCode = 1;
    continue;
  }
  const { code, stdout, stderr } = await runChild(process.execPath, [generator, '--check'], { cwd: root });
  if (code === 0) continue;
  process.stdout.write(`${generator}: not fresh; run it without --check\n${stdout}${stderr}`);
  process.exitCode = 1;
}
