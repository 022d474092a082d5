import { readSettings, runMain } from '@millrace/runtime';
import { banner } from './banner.ts';
import { helpText, parseCommandLine } from './command-line.ts';
import { embeddedSettings } from './config.ts';
import { runOnce } from './run-once.ts';
import { startEmbedded } from './start-embedded.ts';

await runMain(async (signal) => {
  const { help, once, json } = parseCommandLine(process.argv.slice(2));
  if (help) {
    process.stdout.write(helpText());
    process.exit(0);
  }
  const embedded = await startEmbedded(process.env, readSettings(embeddedSettings, process.env), signal);
  if (once === undefined) process.stdout.write(banner(embedded));
  else {
    try {
      await runOnce(embedded, once, json, process.stdout, signal);
    } finally {
      await embedded.stop();
    }
    process.exit(0);
  }
  return embedded;
});
