import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { adminDocument } from './openapi.ts';

const target = new URL('../../../docs/reference/admin-openapi.json', import.meta.url);
const fresh = `${JSON.stringify(adminDocument(), undefined, 2)}\n`;

// Writes docs/reference/admin-openapi.json; with --check only says whether it is fresh.
if (!process.argv.includes('--check')) {
  writeFileSync(target, fresh);
} else if (!existsSync(target) || readFileSync(target, 'utf8') !== fresh) {
  process.stderr.write(
    'docs/reference/admin-openapi.json is not fresh: run services/admin/src/generate-openapi.ts\n',
  );
  process.exitCode = 1;
}
