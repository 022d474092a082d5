import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { migrate, openDatabase } from '@millrace/store';
import { jobsSettings } from './config.ts';
import { startJobs } from './service.ts';

await runMain((signal) => {
  const settings = readSettings(jobsSettings, process.env);
  return runStandalone('jobs', settings, async (platform, keep) => {
    const { logger } = platform;
    const database = keep(await openDatabase({ url: settings.databaseUrl.reveal(), logger, signal }));
    await migrate(database);
    return startJobs({ ...platform, database }, settings);
  });
});
