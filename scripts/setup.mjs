import { runCommand } from './command.mjs';
import { setUp } from './setup/set-up.mjs';

// npm run setup: brings everything here and starts nothing; with `-- --embeddings` the embedding model too.
const embeddings = process.argv.includes('--embeddings');

await runCommand(async () => {
  const { environment } = await setUp({
    natsServer: !process.env.NATS_URL,
    model: true,
    embeddings,
    postgres: true,
  });
  process.stderr.write(`ready; the parts are in ${environment.MILLRACE_CACHE_DIR}\n`);
  return 0;
});
