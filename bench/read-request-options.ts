import { parseArgs } from 'node:util';

/** What a bench that is told a number of requests runs with. */
export interface RequestOptions {
  readonly requests: number;
  /** One JSON object instead of a table. */
  readonly json: boolean;
}

interface RequestUsage {
  readonly script: string;
  /** What the number counts, for the help text. */
  readonly counted: string;
  readonly least: number;
  readonly default: number;
}

const most = 1_000_000;

/** Reads the command line; ends the process after the help text, or after saying what is wrong with it. */
export function readRequestOptions({ script, counted, least, default: usual }: RequestUsage): RequestOptions {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: String(usual) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`npm run ${script} -- [--requests N] [--json]

  --requests N  ${counted}, ${least} to ${most} (${usual})
  --json        one JSON object instead of a table
`);
    process.exit(0);
  }
  const requests = Number(values.requests);
  if (!Number.isSafeInteger(requests) || requests < least || requests > most) {
    process.stderr.write(
      `--requests is ${values.requests}: it must be a whole number from ${least} to ${most}.\n`,
    );
    process.exit(1);
  }
  return { requests, json: values.json };
}
