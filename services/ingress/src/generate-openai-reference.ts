import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parameterReference } from './openai/parameter-reference.ts';

const target = new URL('../../../docs/reference/openai.md', import.meta.url);
const fresh = parameterReference();

// Writes docs/reference/openai.md; with --check only says whether it is fresh.
if (!process.argv.includes('--check')) {
  writeFileSync(target, fresh);
} else if (!existsSync(target) || readFileSync(target, 'utf8') !== fresh) {
  process.stderr.write(
    'docs/reference/openai.md is not fresh: run services/ingress/src/generate-openai-reference.ts\n',
  );
  process.exitCode = 1;
}
