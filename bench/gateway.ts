/**
 * Millrace as a gateway beside Portkey's and LiteLLM's, all in front of one scripted provider that runs outside them: one core for the
 * gateway, the other one for the provider and the client.
 *
 *   npm run bench:gateway -- [--quick] [--json FILE]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './engine/machine.ts';
import { end, type Contender } from './gateway/contender.ts';
import { liteLlm } from './gateway/litellm-contender.ts';
import { measureGateway, type GatewayFigures } from './gateway/measure-gateway.ts';
import { millrace } from './gateway/millrace-contender.ts';
import { portkey } from './gateway/portkey-contender.ts';
import { bindToCore } from './gateway/process-usage.ts';

const usage = `npm run bench:gateway -- [--quick] [--json FILE]

  --quick      a tenth of the requests
  --json FILE  writes all figures to a file

Linux alone; needs taskset and Python. The peers are installed once, into the cache.
`;

const gatewayCore = 0;
const otherCore = 1;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

async function main(): Promise<void> {
  bindToCore(process.pid, otherCore);
  const provider = fork(fileURLToPath(new URL('gateway/provider-child.ts', import.meta.url)));
  try {
    const [port] = (await once(provider, 'message')) as [number];
    const providerUrl = `http://127.0.0.1:${port}/v1`;
    const direct: Contender = {
      name: 'the provider itself',
      start: async () => ({
        url: providerUrl,
        headers: {},
        model: 'scripted',
        pid: provider.pid ?? 0,
        stop: async () => undefined,
      }),
    };
    const figures: [string, GatewayFigures][] = [];
    for (const contender of [direct, millrace, portkey, liteLlm]) {
      process.stderr.write(`${contender.name} …\n`);
      const gateway = await contender.start(providerUrl);
      try {
        if (contender !== direct) bindToCore(gateway.pid, gatewayCore);
        figures.push([contender.name, await measureGateway(gateway, values.quick ? 0.1 : 1)]);
      } finally {
        await gateway.stop();
      }
    }
    report(figures);
    if (values.json !== undefined)
      await writeFile(
        values.json,
        `${JSON.stringify({ machine: machine(), ...Object.fromEntries(figures) }, undefined, 2)}\n`,
      );
  } finally {
    await end(provider);
  }
}

function report(figures: readonly (readonly [string, GatewayFigures])[]): void {
  const direct = figures[0]?.[1];
  if (direct === undefined) return;
  console.table(
    Object.fromEntries(
      figures.slice(1).map(([name, each]) => [
        name,
        {
          'first chunk +ms': round(each.firstChunkMs - direct.firstChunkMs),
          'latency +ms': round(each.latencyMs - direct.latencyMs),
          'requests/s at 32': Math.round(each.requestsPerSecond),
          'streams/s at 128': Math.round(each.streamsPerSecond),
          'peak MB': Math.round(each.peakMemoryMb),
          'CPU ms a request': round(each.cpuMsPerRequest),
          'longest stall ms': Math.round(each.longestStallMs),
        },
      ]),
    ),
  );
}

function round(value: number): number {
  return Number(value.toFixed(2));
}

if (values.help) process.stdout.write(usage);
else await main();
