import { runCommand } from './command.mjs';
import { runStaticChecks } from './checks/run-static-checks.mjs';
import { setUp } from './setup/set-up.mjs';
import { formatCounts, runTests } from './testing/run-tests.mjs';

// .ci/run: the tests, then the static checks. A failed check counts as a failed test.
await runCommand(async () => {
  const ready = await setUp({
    natsServer: true,
    model: true,
    embeddings: true,
    postgres: true,
    browser: true,
    kafka: true,
  });
  const { passed, failed: failedTests } = await runTests(ready, []);
  const failed = failedTests + (await runStaticChecks(ready));
  process.stdout.write(`${formatCounts({ passed, failed })}\n`);
  return failed === 0 ? 0 : 1;
});
