import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chat } from './gateway/chat-client.ts';
import { millrace } from './gateway/millrace-contender.ts';

const provider = fork(fileURLToPath(new URL('gateway/provider-child.ts', import.meta.url)), { execArgv: [] });
const [port] = (await once(provider, 'message')) as [number];
const gw = await millrace.start(`http://127.0.0.1:${port}/v1`);
function procs() {
  const all = new Map<number, any>();
  for (const n of readdirSync('/proc'))
    if (/^\d+$/.test(n))
      try {
        const stat = readFileSync(`/proc/${n}/stat`, 'utf8');
        const f = stat
          .slice(stat.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number);
        const cmd = readFileSync(`/proc/${n}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 90);
        all.set(Number(n), {
          parent: f[1],
          cpu: (f[11]! + f[12]!) * 10,
          u: f[11]! * 10,
          s: f[12]! * 10,
          cmd,
        });
      } catch {}
  const own = (p: number): boolean => p > 1 && (p === gw.pid || own(all.get(p)?.parent ?? 0));
  return new Map([...all].filter(([p]) => own(p)));
}
async function load(n: number, lanes: number, stream: boolean) {
  let left = n;
  const t = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (left-- > 0) await chat(gw, stream);
    }),
  );
  return n / ((performance.now() - t) / 1000);
}
await load(1500, 32, false);
const before = procs();
const N = 3000;
const rate = await load(N, 32, false);
const after = procs();
const groups = new Map<string, number[]>();
for (const [pid, a] of after) {
  const b = before.get(pid) ?? { cpu: 0, u: 0, s: 0 };
  const key = a.cmd.startsWith('postgres')
    ? 'postgres'
    : a.cmd.includes('nats-server')
      ? 'nats'
      : `${pid} ${a.cmd}`;
  const g = groups.get(key) ?? [0, 0, 0];
  groups.set(key, [g[0]! + (a.cpu - b.cpu) / N, g[1]! + (a.u - b.u) / N, g[2]! + (a.s - b.s) / N]);
}
console.log('rate', rate.toFixed(0));
for (const [k, [c, u, s]] of groups as any)
  if (c > 0.005) console.log(c.toFixed(2), 'user', u.toFixed(2), 'sys', s.toFixed(2), k);
await gw.stop();
provider.disconnect?.();
provider.kill();
process.exit(0);
