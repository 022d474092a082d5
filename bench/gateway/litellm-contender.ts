import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createScratchFolder } from '@millrace/embedded';
import { benchFolder } from '../engine/bench-folder.ts';
import { runCommand } from '../engine/run-command.ts';
import { end, type Contender } from './contender.ts';
import { freePort, untilItAnswers } from './start-peer.ts';

const key = 'sk-bench';

export const liteLlm: Contender = {
  name: 'LiteLLM',
  async start(providerUrl) {
    const python = await install();
    const port = await freePort();
    const scratch = await createScratchFolder();
    const config = path.join(scratch.path, 'config.yaml');
    const parameters = { model: 'openai/scripted', api_base: providerUrl, api_key: 'key' };
    // JSON is YAML.
    await writeFile(
      config,
      JSON.stringify({
        model_list: [{ model_name: 'scripted', litellm_params: parameters }],
        general_settings: { master_key: key },
      }),
    );
    const args = ['--config', config, '--port', String(port), '--host', '127.0.0.1', '--telemetry', 'False'];
    const child = spawn(path.join(python, 'bin', 'litellm'), args, { stdio: 'ignore' });
    await untilItAnswers(`http://127.0.0.1:${port}/health/liveliness`, child);
    return {
      url: `http://127.0.0.1:${port}/v1`,
      headers: { authorization: `Bearer ${key}` },
      model: 'scripted',
      pid: child.pid ?? 0,
      async stop() {
        await end(child);
        await scratch.stop();
      },
    };
  },
};

/** @returns the folder of a Python with LiteLLM's proxy */
async function install(): Promise<string> {
  const folder = path.join(benchFolder(), 'litellm');
  if (existsSync(path.join(folder, 'bin', 'litellm'))) return folder;
  process.stderr.write('installing LiteLLM …\n');
  await runCommand('python3', ['-m', 'venv', folder]);
  await runCommand(path.join(folder, 'bin', 'pip'), ['install', '--quiet', 'litellm[proxy]']);
  return folder;
}
