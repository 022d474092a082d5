import { readSettings, runMain, stopInReverse, type Stoppable } from '@millrace/runtime';
import { connectPlatform } from '@millrace/stage';
import { migrate, openDatabase } from '@millrace/store';
import { adminSettings } from './config.ts';
import { startAdmin } from './service.ts';

await runMain(async (signal) => {
  const settings = readSettings(adminSettings, process.env);
  const parts: Stoppable[] = [];
  try {
    const platform = await connectPlatform('admin', settings);
    parts.push(platform);
    const { logger } = platform;
    const database = await openDatabase({ url: settings.databaseUrl.reveal(), logger, signal });
    parts.push(database);
    await migrate(database);
    parts.push(await startAdmin({ ...platform, database }, settings));
    return { stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
});
