import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { errorCodes, type ErrorCodeFacts } from './error-codes.ts';

const target = new URL('../../../docs/reference/errors.md', import.meta.url);

/** Writes `docs/reference/errors.md`; with `--check` only says whether it is fresh. */
async function main(): Promise<void> {
  const fresh = errorReference();
  const path = fileURLToPath(target);
  if (!process.argv.includes('--check')) {
    await writeFile(target, fresh);
    process.stdout.write(`wrote ${path}\n`);
    return;
  }
  if ((await existing()) === fresh) return;
  process.stderr.write(`${path} is not fresh: run node packages/runtime/src/generate-error-reference.ts\n`);
  process.exitCode = 1;
}

async function existing(): Promise<string | undefined> {
  try {
    return await readFile(target, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function errorReference(): string {
  const rows = Object.entries<ErrorCodeFacts>(errorCodes).map(
    ([code, { type, httpStatus, retryable, meaning }]) =>
      `| \`${code}\` | \`${type}\` | ${httpStatus} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
  );
  return [
    '# Error codes',
    '',
    'Generated from `packages/runtime/src/error-codes.ts` by `packages/runtime/src/generate-error-reference.ts`; do not edit.',
    '',
    'Codes of the type `operator_error` never reach a client: they end a start, or a message, and stand in logs and dead letters.',
    '*Retryable* is the default of the code; an error on the wire says for itself.',
    '',
    '| Code | Type | HTTP status | Retryable | Meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

await main();
