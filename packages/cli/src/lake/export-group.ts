import { datasetNames, lakeFormats, type DatasetName, type LakeFormat } from '@millrace/lake';
import { readSettings } from '@millrace/runtime';
import type { CommandGroup } from '../command-group.ts';
import { readOptions, wrong } from '../read-options.ts';
import { lakeSettings } from './config.ts';
import { exportToLake } from './export.ts';

const help = `Exports the streams as tables in files, for Spark, pandas, DuckDB and the like: what is new since the last time.

  export [requests] [billing] [audit]    these tables; all of them where none is named

  --to DIR             the lake, a folder (MILLRACE_LAKE_DIR; lake in MILLRACE_DATA_DIR)
  --format FORMAT      parquet (the default), avro, csv or jsonl
  --partition day      a folder for each day in UTC: requests/day=2026-11-28/requests-<first>-<last>.parquet. There is no other yet.
  --tenant T           of one tenant alone; a lake is of one tenant or of all
  --rows-per-file N    most rows of a file, 1 to 10000000 (200000)
  --skip-unreadable    leaves out messages that cannot be decoded, and names them
  --json               one JSON object instead of text
  -h, --help           this text

The files' names say which messages of the stream they hold, and so how far the lake is. An export that was interrupted, even killed, is run again: each
row is there once. What is sealed is left out. It takes NATS_URL, NATS_USER (analyst) and NATS_PASSWORD, or the NATS of the npm start that runs on
MILLRACE_DATA_DIR (.millrace).

  npm run millrace -- export
  npm run millrace -- export billing --format csv --tenant acme --to acme-billing

Exit codes: 0 done; 1 an error, a gap in the stream, or messages left out; 2 the command line is wrong.
`;

const maxRowsPerFile = 10_000_000;

export const exportGroup: CommandGroup = {
  name: 'export',
  help,
  verbs: Object.fromEntries(
    datasetNames.map((name) => [
      name,
      ['to', 'format', 'partition', 'tenant', 'rows-per-file', 'skip-unreadable'],
    ]),
  ),
  read(args) {
    const { values, positionals } = readOptions(args, {
      json: { type: 'boolean' },
      to: { type: 'string' },
      format: { type: 'string', default: 'parquet' },
      partition: { type: 'string', default: 'day' },
      tenant: { type: 'string' },
      'rows-per-file': { type: 'string', default: '200000' },
      'skip-unreadable': { type: 'boolean' },
    });
    const { to, format, partition, tenant } = values as Readonly<Record<string, string | undefined>>;
    if (!isFormat(format)) throw wrong(`--format is ${format}: it must be one of ${lakeFormats.join(', ')}.`);
    if (partition !== 'day') throw wrong(`--partition is ${partition}: it must be day.`);
    if (to === '') throw wrong('--to is empty: it must be a folder.');
    if (tenant === '') throw wrong('--tenant is empty: it must be the id of a tenant.');
    const rowsPerFile = Number(values['rows-per-file']);
    if (!Number.isSafeInteger(rowsPerFile) || rowsPerFile < 1 || rowsPerFile > maxRowsPerFile)
      throw wrong(
        `--rows-per-file is ${String(values['rows-per-file'])}: it must be a whole number from 1 to ${maxRowsPerFile}.`,
      );
    const datasets = readDatasets(positionals);
    const skipUnreadable = values['skip-unreadable'] === true;
    return ({ environment, startProgress }) =>
      exportToLake(
        { datasets, to, format, tenant, rowsPerFile, skipUnreadable },
        readSettings(lakeSettings, environment),
        startProgress,
      );
  },
};

function isFormat(text: string | undefined): text is LakeFormat {
  return lakeFormats.some((format) => format === text);
}

function readDatasets(names: readonly string[]): readonly DatasetName[] {
  if (names.length === 0 || names.includes('all')) return datasetNames;
  const unknown = names.find((name) => !datasetNames.some((each) => each === name));
  if (unknown !== undefined)
    throw wrong(`There is no table ${unknown}: it must be one of ${datasetNames.join(', ')}, all.`);
  return datasetNames.filter((each) => names.includes(each));
}
