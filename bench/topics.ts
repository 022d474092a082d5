/**
 * Kafka → JetStream → answer → Kafka, as `npm start` runs it, with a real broker and an engine that answers at once; beside it, in the same run,
 * the same client that only echoes from one topic to another. Then how fast the mirrors are behind a backlog.
 *
 *   npm run bench:topics -- [--quick] [--requests N] [--events N] [--json FILE]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { kafkaIsHere, startTestKafka } from '@millrace/testkit';
import { machine } from './engine/machine.ts';
import { measureMirrors } from './topics/measure-mirrors.ts';
import { measureEcho, measureRequests } from './topics/measure-requests.ts';

const usage = `npm run bench:topics -- [--quick] [--requests N] [--events N] [--json FILE]

  --requests N  requests from Kafka at full load, a tenth of them paced (4000)
  --events N    events that the mirrors have to catch up with (50000)
  --quick       a tenth of both
  --json FILE   writes all figures to a file

  npm run bench:topics -- --quick
`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    requests: { type: 'string', default: '4000' },
    events: { type: 'string', default: '50000' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const say = (text: string): boolean => process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  if (!kafkaIsHere) throw new Error('There is no Kafka on this machine: it needs Java 17 and Maven');
  const share = values.quick ? 0.1 : 1;
  const requests = countOf('requests', values.requests) * share;
  const events = countOf('events', values.events) * share;
  const kafka = await startTestKafka({ heapMb: 512 });
  try {
    say('echo …');
    const echo = await measureEcho(kafka.brokers, requests);
    say('npm start …');
    const answers = await measureRequests(kafka.brokers, requests);
    say('mirrors …');
    const mirrors = await measureMirrors(kafka.brokers, events);
    console.table([
      { what: 'Kafka alone (echo)', ...echo },
      { what: 'Kafka → answer → Kafka', ...answers },
    ]);
    console.table([{ what: 'mirrored', ...mirrors }]);
    const figures = { machine: machine(), echo, answers, mirrors };
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  } finally {
    await kafka.stop();
  }
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 100 && count <= 10_000_000) return count;
  process.stderr.write(`--${name} is ${text}: it must be a whole number from 100 to 10000000.\n`);
  process.exit(1);
}

if (values.help) process.stdout.write(usage);
else await main();
