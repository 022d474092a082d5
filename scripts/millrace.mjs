import { runCommand, runProgram } from './command.mjs';
import { setUp } from './setup/set-up.mjs';

// npm run millrace -- ARGS: the command line. It says itself which models are missing, so none is fetched here.
await runCommand(async () => {
  const ready = await setUp();
  return runProgram(ready, ['packages/cli/src/main.ts', ...process.argv.slice(2)]);
});
