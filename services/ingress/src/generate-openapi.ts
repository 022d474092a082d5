import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { openApiDocument } from './openapi.ts';

const target = new URL('../../../docs/reference/openapi.json', import.meta.url);
const fresh = `${JSON.stringify(openApiDocument(), undefined, 2)}\n`;

// Writes docs/reference/openapi.json; with --check only says whether it is fresh.
if (!process.argv.includes('--check')) {
  writeFileSync(target, fresh);
} else if (!existsSync(target) || readFileSync(target, 'utf8') !== fresh) {
  process.stderr.write(
    'docs/reference/openapi.json is not fresh: run services/ingress/src/generate-openapi.ts\n',
  );
  process.exitCode = 1;
}
