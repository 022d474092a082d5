/**
 * What the control plane does in a second, with a real nats-server and PostgreSQL: admissions, and how long one takes, as the number of
 * tenants grows.
 *
 *   npm run bench:control -- [--requests N] [--json]
 */
import { parseArgs } from 'node:util';
import { measureAdmissions, type AdmissionRow } from './control/measure-admissions.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const requests = Number(values.requests);
const usage = `npm run bench:control -- [--requests N] [--json]

  --requests N  requests measured for each number of tenants, 1000 to 1000000 (20000)
  --json        one JSON object instead of a table
`;
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
if (!Number.isSafeInteger(requests) || requests < 1_000 || requests > 1_000_000) {
  process.stderr.write(`--requests is ${values.requests}: it must be a whole number from 1000 to 1000000.\n`);
  process.exit(1);
}
const say = (text: string): boolean => process.stderr.write(`${text}\n`);

const admissions: AdmissionRow[] = [];
for (const tenants of [10, 1_000, 100_000])
  admissions.push(await measureAdmissions({ tenants, requests, say }));

if (values.json) process.stdout.write(`${JSON.stringify({ admissions })}\n`);
else console.table(admissions);
