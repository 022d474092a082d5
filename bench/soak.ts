/**
 * A long run of the whole platform with the real model: answers of random lengths, some cancelled, some whose client leaves. At its end memory
 * has to be flat, no slot taken, and every request ended in exactly one way.
 *
 *   npm run soak -- [--requests N] [--clients N] [--seed N] [--json]
 */
import { parseArgs } from 'node:util';
import { createScratchFolder, startCluster } from '@millrace/embedded';
import { runSoak, soakSettings } from './soak/run-soak.ts';
import { judgeSoak, memoryGrowth } from './soak/soak-report.ts';

const usage = `npm run soak -- [--requests N] [--clients N] [--seed N] [--json]

  --requests N  requests, 1 to 1000000 (2000); memory is judged from 500 on
  --clients N   clients at once, 1 to 60 (12)
  --seed N      of the plan: the same seed makes the same requests (1)
  --json        one JSON object instead of text

Exits with 1 where a slot or a request was lost, a request ended in no way or in two, or memory grew.
`;
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '2000' },
    clients: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const requests = wholeNumber('requests', 1, 1_000_000);
const clients = wholeNumber('clients', 1, 60);
const seed = wholeNumber('seed', 0, 2 ** 31 - 1);
const say = (text: string): boolean => process.stderr.write(`${text}\n`);
const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort(new Error('stopped by Ctrl-C')));
const folder = await createScratchFolder();
say('starting nats-server, PostgreSQL and seven services …');
const cluster = await startCluster({
  dataDirectory: folder.path,
  env: { ...soakSettings, MILLRACE_LOG_LEVEL: 'warn' },
});
try {
  const report = await runSoak({
    cluster,
    requests,
    clients,
    seed,
    signal: stopping.signal,
    onSample: ({ requests: ended, residentBytes }, { slotsUsed, blocksUsed, queued }) =>
      say(
        `${ended} of ${requests}: worker ${mebibytes(residentBytes)}, ${slotsUsed} slots, ${blocksUsed} blocks, ${queued} queued`,
      ),
  });
  const problems = judgeSoak(report);
  const growth = memoryGrowth(report);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...report, growth, problems })}\n`);
  else {
    const { closings, kinds, last, seconds } = report;
    console.table(kinds);
    console.table(closings.byOutcome);
    process.stdout.write(
      `${requests} requests in ${Math.round(seconds)} s. At the end ${last.slotsUsed} slots, ${last.blocksUsed} blocks in use; memory ${
        growth === undefined ? 'not judged: the run is too short' : `${(growth * 100).toFixed(1)} % more`
      }.\n`,
    );
    process.stdout.write(problems.length === 0 ? 'All holds.\n' : `${problems.join('\n')}\n`);
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await cluster.stop();
  await folder.stop();
}

function wholeNumber(name: 'requests' | 'clients' | 'seed', min: number, max: number): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  process.stderr.write(
    `--${name} is ${values[name]}: it must be a whole number from ${min} to ${max}.\n\n${usage}`,
  );
  process.exit(1);
}
