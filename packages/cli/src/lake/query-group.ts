import { chartKinds, shippedViews, type ChartKind } from '@millrace/lake';
import { readSettings } from '@millrace/runtime';
import type { CommandGroup } from '../command-group.ts';
import { readOptions, wrong } from '../read-options.ts';
import { lakeSettings } from './config.ts';
import { listQueries, runQuery, storeQuery, type QueryCommand } from './query.ts';
import { queryName } from './saved-queries.ts';

const help = `Asks the lake in SQL (DuckDB's), and what is newer with it. It only reads.

  query "SELECT …"        what was exported: requests, billing, audit
  query NAME              a saved query, or a view that comes with Millrace:
${shippedViews()
  .map(({ name }) => `                            ${name}\n`)
  .join('')}  query --list            all of them

  --live               also what the streams and the ledger have beyond the lake, and the tables organisations, tenants, prices and quotas
  --lake DIR           the lake (MILLRACE_LAKE_DIR; lake in MILLRACE_DATA_DIR)
  --tenant T           only rows of this tenant
  --save NAME          saves the query as NAME.sql (MILLRACE_QUERIES_DIR; queries in MILLRACE_DATA_DIR) instead of asking it
  --chart bar|line     draws the result below it; --x, --y and --series name its columns
  --svg FILE           writes that chart as SVG
  --title TEXT         its title
  --limit N            most rows of the table (200)
  --csv                CSV instead of a table
  --json               one JSON object instead of text
  -h, --help           this text

--live takes NATS_URL and DATABASE_URL, or those of the npm start that runs on MILLRACE_DATA_DIR (.millrace). Amounts are decimals; moments and days are in UTC.

  npm run millrace -- query cost_by_tenant_model_day
  npm run millrace -- query "select tenant, sum(amount) as amount from billing group by tenant order by amount desc" --chart bar
  npm run millrace -- query "from tokens_and_latency where day >= today() - 7" --save last-week
  npm run --silent millrace -- query last-week --live --csv > last-week.csv
  npm run millrace -- query "select day, tenant, sum(amount) as amount from cost_by_tenant_model_day group by all order by all" --svg cost.svg

Exit codes: 0 done; 1 an error; 2 the command line is wrong.
`;

const options = ['live', 'lake', 'tenant', 'chart', 'x', 'y', 'series', 'svg', 'title', 'limit', 'csv'];
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

export const queryGroup: CommandGroup = {
  name: 'query',
  help,
  verbs: Object.fromEntries(shippedViews().map(({ name }) => [name, options])),
  read(args) {
    const { values, positionals } = readOptions(args, {
      json: flag,
      live: flag,
      list: flag,
      csv: flag,
      lake: text,
      tenant: text,
      save: text,
      chart: text,
      x: text,
      y: text,
      series: text,
      svg: text,
      title: text,
      limit: { type: 'string', default: '200' },
    });
    const { lake, tenant, save, chart, x, y, series, svg, title } = values as Readonly<
      Record<string, string | undefined>
    >;
    const [asked, ...others] = positionals;
    if (values['list'] === true) {
      if (asked !== undefined) throw wrong('query --list takes no query.');
      return ({ environment }) => listQueries(readSettings(lakeSettings, environment));
    }
    if (asked === undefined || asked.trim() === '' || others.length > 0)
      throw wrong('query takes one query, in quotes, or the name of one.');
    if (save !== undefined) {
      if (!queryName.test(save))
        throw wrong(`--save is ${save}: a name has letters, digits, - and _, and at most 64 of them.`);
      return ({ environment }) =>
        storeQuery({ name: save, sql: asked }, readSettings(lakeSettings, environment));
    }
    const limit = Number(values['limit']);
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw wrong(`--limit is ${String(values['limit'])}: it must be a whole number from 1 on.`);
    if (chart !== undefined && !isKind(chart))
      throw wrong(`--chart is ${chart}: it must be one of ${chartKinds.join(', ')}.`);
    const command: QueryCommand = {
      asked,
      isLive: values['live'] === true,
      isCsv: values['csv'] === true,
      lake,
      tenant,
      limit,
      chart,
      svg,
      title,
      x,
      y,
      series,
    };
    return ({ environment }) => runQuery(command, readSettings(lakeSettings, environment));
  },
};

function isKind(kind: string): kind is ChartKind {
  return chartKinds.some((each) => each === kind);
}
