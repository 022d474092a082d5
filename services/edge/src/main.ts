import { readSettings, runMain, stopInReverse } from '@millrace/runtime';
import { connectPlatform } from '@millrace/stage';
import { edgeProcessSettings } from './config.ts';
import { startEdge } from './service.ts';

await runMain(async () => {
  const settings = readSettings(edgeProcessSettings, process.env);
  const platform = await connectPlatform('edge', settings);
  try {
    const edge = await startEdge(platform, settings);
    return { stop: () => stopInReverse([platform, edge]) };
  } catch (error) {
    await platform.stop();
    throw error;
  }
});
