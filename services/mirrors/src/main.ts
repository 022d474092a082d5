import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { openDatabase } from '@millrace/store';
import { mirrorsSettings } from './config.ts';
import { startMirrors } from './service.ts';

await runMain((signal) => {
  const settings = readSettings(mirrorsSettings, process.env);
  return runStandalone('mirrors', settings, async (platform, keep) => {
    const { logger } = platform;
    const database = keep(await openDatabase({ url: settings.databaseUrl.reveal(), logger, signal }));
    return startMirrors({ ...platform, database }, settings);
  });
});
