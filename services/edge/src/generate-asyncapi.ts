import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { asyncApiDocument } from './asyncapi.ts';

const target = new URL('../../../docs/reference/asyncapi.json', import.meta.url);
const fresh = `${JSON.stringify(asyncApiDocument(), undefined, 2)}\n`;

// Writes docs/reference/asyncapi.json; with --check only says whether it is fresh.
if (!process.argv.includes('--check')) {
  writeFileSync(target, fresh);
} else if (!existsSync(target) || readFileSync(target, 'utf8') !== fresh) {
  process.stderr.write(
    'docs/reference/asyncapi.json is not fresh: run services/edge/src/generate-asyncapi.ts\n',
  );
  process.exitCode = 1;
}
