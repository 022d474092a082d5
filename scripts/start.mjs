import { runCommand, runProgram } from './command.mjs';
import { setUp } from './setup/set-up.mjs';

// npm start: all of Millrace on this machine.
const args = process.argv.slice(2);
const helpOnly = args.includes('--help') || args.includes('-h');

// One prompt needs none.
const embeddings = args.some((arg) => arg.startsWith('--once')) ? false : 'if possible';

await runCommand(async () => {
  const parts = helpOnly
    ? {}
    : { natsServer: !process.env.NATS_URL, model: true, embeddings, postgres: true };
  return runProgram(await setUp(parts), ['services/embedded/src/main.ts', ...args]);
});
