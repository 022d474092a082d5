import { resolve } from 'node:path';
import { runCommand, runProgram } from './command.mjs';
import { SetUpError } from './setup/set-up-error.mjs';
import { setUp } from './setup/set-up.mjs';

// node scripts/run.mjs [--embeddings | --kafka] FILE ARGS: runs a TypeScript file with everything set up.
const [option] = process.argv
  .slice(2, 3)
  .filter((argument) => ['--embeddings', '--kafka'].includes(argument));
const [file, ...args] = process.argv.slice(option === undefined ? 2 : 3);

await runCommand(async () => {
  if (file === undefined) throw new SetUpError('no file is given (node scripts/run.mjs FILE ARGS).');
  const ready = await setUp({
    natsServer: !process.env.NATS_URL,
    model: true,
    embeddings: option === '--embeddings',
    kafka: option === '--kafka',
    postgres: true,
  });
  return runProgram(ready, [resolve(file), ...args]);
});
