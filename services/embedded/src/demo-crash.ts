import { MillraceError, runMain } from '@millrace/runtime';
import { createScratchFolder } from './cluster/scratch-folder.ts';
import { runCrashDemo } from './crash-demo/run-crash-demo.ts';

await runMain(async (signal) => {
  const folder = await createScratchFolder();
  try {
    const isProven = await runCrashDemo({ folder: folder.path, output: process.stdout, signal });
    if (!isProven) throw new MillraceError('internal_error', 'A proof failed: see above.');
  } finally {
    await folder.stop();
  }
  process.exit(0);
});
