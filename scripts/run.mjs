import { resolve } from 'node:path';
import { runCommand, runProgram } from './command.mjs';
import { SetUpError } from './setup/set-up-error.mjs';
import { setUp } from './setup/set-up.mjs';

// node scripts/run.mjs [--embeddings] FILE ARGS: runs a TypeScript file with everything set up.
const embeddings = process.argv[2] === '--embeddings';
const [file, ...args] = process.argv.slice(embeddings ? 3 : 2);

await runCommand(async () => {
  if (file === undefined) throw new SetUpError('no file is given (node scripts/run.mjs FILE ARGS).');
  const ready = await setUp({
    natsServer: !process.env.NATS_URL,
    model: true,
    embeddings,
    postgres: true,
  });
  return runProgram(ready, [resolve(file), ...args]);
});
