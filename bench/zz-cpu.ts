import { readFileSync } from 'node:fs';
import { createScratchFolder, startCluster } from '@millrace/embedded';
import { closingOf, publishClosing } from '@millrace/stage/testing';
import { startTestKafka } from '@millrace/testkit';
const events = 30_000;
const cpu = (pid: number): number => {
  const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(f[11]) + Number(f[12])) * 10;
};
const kafka = await startTestKafka({ heapMb: 512 });
const folder = await createScratchFolder();
const cluster = await startCluster({ dataDirectory: folder.path, processes: ['mirrors'], env: { MILLRACE_KAFKA_BROKERS: kafka.brokers, MILLRACE_LOG_LEVEL: 'warn' } });
const { bus, codec } = cluster.platform;
const batch = async (n: number): Promise<void> => {
  for (let from = 0; from < n; from += 256)
    await Promise.all(Array.from({ length: Math.min(256, n - from) }, (_, i) => publishClosing(bus, codec, closingOf(`tenant-${i % 5}`))));
};
const sample = async (name: string): Promise<number> => {
  const body = await (await fetch(`${cluster.process('mirrors').url}/metrics`)).text();
  return Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'mu').exec(body)?.[1] ?? 0);
};
const until = async (n: number): Promise<void> => {
  while ((await sample('millrace_mirror_records_total{mirror="requests"}')) < n) await new Promise((r) => setTimeout(r, 20));
};
await batch(1000); await until(1000);
await cluster.process('mirrors').stop();
await batch(events);
await cluster.process('mirrors').start();
const pid = cluster.process('mirrors').pid;
await until(1);
const [c0, k0, n0, t0, r0] = [cpu(pid), cpu(kafka.pid), 0, performance.now(), await sample('millrace_mirror_records_total{mirror="requests"}')];
await until(events);
const [c1, k1, t1] = [cpu(pid), cpu(kafka.pid), performance.now()];
const n = events - r0;
console.log({ n, wallMs: t1 - t0, perSecond: n / ((t1 - t0) / 1000), mirrorCpuUs: ((c1 - c0) * 1000) / n, kafkaCpuUs: ((k1 - k0) * 1000) / n, n0, tx: await sample('millrace_mirror_transactions_total{mirror="requests",outcome="committed"}') });
await cluster.stop(); await kafka.stop(); await folder.stop();
