import { runCommand } from './command.mjs';
import { setUp } from './setup/set-up.mjs';
import { formatCounts, runTests } from './testing/run-tests.mjs';

// npm test: every vitest project. The last line is "N passed, N failed".
await runCommand(async () => {
  const ready = await setUp({
    natsServer: true,
    model: true,
    embeddings: true,
    postgres: true,
    browser: true,
    kafka: true,
  });
  const counts = await runTests(ready, process.argv.slice(2));
  process.stdout.write(`${formatCounts(counts)}\n`);
  return counts.failed === 0 ? 0 : 1;
});
