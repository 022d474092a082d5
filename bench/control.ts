/**
 * What the control plane does in a second, with a real nats-server and PostgreSQL: rows of the ledger; admissions, and how long one takes, as
 * the number of tenants grows.
 *
 *   npm run bench:control -- [--requests N] [--json]
 */
import { measureAdmissions, type AdmissionRow } from './control/measure-admissions.ts';
import { measureLedger } from './control/measure-ledger.ts';
import { readRequestOptions } from './read-request-options.ts';

const { requests, json } = readRequestOptions({
  script: 'bench:control',
  counted: 'closings charged, and requests measured for each number of tenants',
  least: 1_000,
  default: 20_000,
});
const say = (text: string): boolean => process.stderr.write(`${text}\n`);

const ledger = await measureLedger({ closings: requests, say });
const admissions: AdmissionRow[] = [];
for (const tenants of [10, 1_000, 100_000])
  admissions.push(await measureAdmissions({ tenants, requests, say }));

if (json) process.stdout.write(`${JSON.stringify({ ledger, admissions })}\n`);
else {
  console.table([ledger]);
  console.table(admissions);
}
