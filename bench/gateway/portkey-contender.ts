import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { benchFolder, makeWhole } from '../engine/bench-folder.ts';
import { runNpm } from '../engine/run-command.ts';
import { end, type Contender } from './contender.ts';
import { freePort, untilItAnswers } from './start-peer.ts';

const version = '1.15.2';

export const portkey: Contender = {
  name: `Portkey ${version}`,
  async start(providerUrl) {
    const folder = await install();
    const port = await freePort();
    const script = path.join(folder, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');
    const child = spawn(process.execPath, [script, `--port=${port}`, '--headless'], { stdio: 'ignore' });
    await untilItAnswers(`http://127.0.0.1:${port}/`, child);
    return {
      url: `http://127.0.0.1:${port}/v1`,
      headers: {
        authorization: 'Bearer key',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': providerUrl,
      },
      model: 'scripted',
      pid: child.pid ?? 0,
      stop: () => end(child),
    };
  },
};

/** It cannot stream with the newest `@hono/node-server`. */
async function install(): Promise<string> {
  const folder = path.join(benchFolder(), `portkey-gateway-${version}`);
  if (existsSync(folder)) return folder;
  process.stderr.write(`installing Portkey's gateway ${version} …\n`);
  await makeWhole(folder, async (temporary) => {
    const tree = path.join(temporary, 'tree');
    await mkdir(tree);
    const manifest = {
      private: true,
      dependencies: { '@portkey-ai/gateway': version },
      overrides: { '@hono/node-server': '1.13.5' },
    };
    await writeFile(path.join(tree, 'package.json'), JSON.stringify(manifest));
    await runNpm(['install', '--prefix', tree, '--ignore-scripts', '--no-audit', '--no-fund']);
    return tree;
  });
  return folder;
}
