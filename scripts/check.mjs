import { runCommand } from './command.mjs';
import { runStaticChecks } from './checks/run-static-checks.mjs';
import { setUp } from './setup/set-up.mjs';

// npm run check: the static checks, a line for each.
await runCommand(async () => ((await runStaticChecks(await setUp())) === 0 ? 0 : 1));
