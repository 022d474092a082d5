import { makeStatement, money, statementHtml, type Statement } from '@millrace/lake';
import path from 'node:path';
import { readSettings } from '@millrace/runtime';
import { formatColumns } from '../columns.ts';
import type { CommandGroup } from '../command-group.ts';
import type { Outcome } from '../outcome.ts';
import { readOptions, wrong } from '../read-options.ts';
import { lakeSettings, type LakeSettings } from './config.ts';
import { lakeFolderOf, openLive } from './connect.ts';
import { writeOut } from './query.ts';
import { untilInterrupted } from './until-interrupted.ts';

const help = `What a tenant owes for a month: charges by model and day, adjustments, credits, and the total, which is that of the ledger.

  statement --tenant T --month 2026-11

  --html FILE    one file that needs no other, with a chart, to be read or printed
  --lake DIR     where what was exported is read instead of asked for (MILLRACE_LAKE_DIR; lake in MILLRACE_DATA_DIR)
  --lake-only    what was exported alone; it is not compared with the ledger
  --json         one JSON object instead of text
  -h, --help     this text

It takes NATS_URL and DATABASE_URL, or those of the npm start that runs on MILLRACE_DATA_DIR (.millrace). Months and days are in UTC.

  npm run millrace -- statement --tenant acme --month 2026-11 --html acme-2026-11.html

Exit codes: 0 done; 1 an error, or lake and ledger differ; 2 the command line is wrong.
`;

interface StatementCommand {
  readonly tenant: string;
  readonly month: string;
  readonly html: string | undefined;
  readonly lake: string | undefined;
  readonly isLakeOnly: boolean;
}

export const statementGroup: CommandGroup = {
  name: 'statement',
  help,
  verbs: { '--tenant': [], '--month': [], '--html': [], '--lake': [], '--lake-only': [] },
  read(args) {
    const { values, positionals } = readOptions(args, {
      json: { type: 'boolean' },
      tenant: { type: 'string' },
      month: { type: 'string' },
      html: { type: 'string' },
      lake: { type: 'string' },
      'lake-only': { type: 'boolean' },
    });
    const { tenant, month, html, lake } = values as Readonly<Record<string, string | undefined>>;
    if (positionals.length > 0) throw wrong('statement takes no arguments beside its options.');
    if (tenant === undefined || tenant === '') throw wrong('statement needs --tenant.');
    if (month === undefined || !/^\d{4}-(0[1-9]|1[0-2])$/u.test(month))
      throw wrong(`--month is ${month ?? 'missing'}: it must be one such as 2026-11.`);
    const command = { tenant, month, html, lake, isLakeOnly: values['lake-only'] === true };
    return ({ environment }) => runStatement(command, readSettings(lakeSettings, environment));
  },
};

async function runStatement(command: StatementCommand, settings: LakeSettings): Promise<Outcome> {
  const { tenant, month, html, lake, isLakeOnly } = command;
  const live = isLakeOnly ? undefined : await openLive(settings);
  let statement: Statement;
  try {
    const folder = lakeFolderOf(settings, lake);
    statement = await untilInterrupted((signal) => makeStatement({ tenant, month, folder, live, signal }));
  } finally {
    await live?.stop();
  }
  const file = html === undefined ? undefined : path.resolve(settings.workingFolder, html);
  if (file !== undefined) await writeOut(file, await statementHtml(statement), '--html');
  return {
    text: `${textOf(statement)}${file === undefined ? '' : `${file}\n`}`,
    json: { ...statement, ...(file === undefined ? {} : { file }) },
    isGood: true,
  };
}

function textOf({ tenant, month, currencies, isChecked, lastEntry }: Statement): string {
  const head = `${tenant}, ${month}: ${isChecked ? 'as the ledger' : 'as exported'} through entry ${lastEntry}\n`;
  if (currencies.length === 0) return `${head}Nothing was charged in this month.\n`;
  return (
    head +
    currencies
      .map(({ currency, charged, adjusted, credited, total, models }) =>
        formatColumns([
          ...models.map(({ model, requests, amount }) => [
            model,
            `${requests} requests`,
            money(amount),
            currency,
          ]),
          ['charges', '', money(charged), currency],
          ['adjustments', '', money(adjusted), currency],
          ['credits', '', money(credited), currency],
          ['total', '', money(total), currency],
        ]),
      )
      .join('\n')
  );
}
