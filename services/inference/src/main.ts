import { readSettings, runMain } from '@millrace/runtime';
import { runStandalone } from '@millrace/stage';
import { inferenceSettings } from './config.ts';
import { loadModel } from './load-model.ts';
import { startInference } from './service.ts';

await runMain(() => {
  const settings = readSettings(inferenceSettings, process.env);
  return runStandalone('inference', settings, async (platform) =>
    startInference(platform, await loadModel({ ...settings, ...platform }), settings),
  );
});
