import { readSettings, runMain, stopInReverse, type Stoppable } from '@millrace/runtime';
import { connectPlatform } from '@millrace/stage';
import { openDatabase } from '@millrace/store';
import { edgeProcessSettings } from './config.ts';
import { startEdge } from './service.ts';

await runMain(async () => {
  const settings = readSettings(edgeProcessSettings, process.env);
  const parts: Stoppable[] = [];
  try {
    const platform = await connectPlatform('edge', settings);
    parts.push(platform);
    const { logger } = platform;
    const url = settings.databaseUrl?.reveal();
    const database = url === undefined ? undefined : await openDatabase({ url, logger, waitMs: 0 });
    if (database !== undefined) parts.push(database);
    parts.push(await startEdge({ ...platform, database }, settings));
    return { stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
});
