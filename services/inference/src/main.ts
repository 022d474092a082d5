import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { inferenceSettings } from './config.ts';
import { loadModels } from './load-models.ts';
import { startInference } from './service.ts';

await runMain(() => {
  const settings = readSettings(inferenceSettings, process.env);
  return runStandalone('inference', settings, async (platform) =>
    startInference(platform, await loadModels({ ...settings, ...platform }), settings),
  );
});
