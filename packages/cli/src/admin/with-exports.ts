import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import type { CommandGroup } from '../command-group.ts';
import type { CliSettings } from '../config.ts';
import type { Outcome } from '../outcome.ts';
import { readOptions, wrong } from '../read-options.ts';
import { askForLines } from './admin-client.ts';

const help = `
npm run millrace -- personal-data export TENANT --out FILE [--user USER]
npm run millrace -- personal-data training TENANT --out FILE [--model MODEL]

  write JSON Lines into a new file that only its owner can read: all that is kept of a tenant or user; its training examples
`;

interface ExportVerb {
  /** Behind the tenant. */
  readonly place: string;
  /** What of the tenant. */
  readonly filter: string;
  /** Whether the last line says that it is whole. */
  readonly hasIndex: boolean;
}

const verbs: Readonly<Record<string, ExportVerb>> = {
  export: { place: 'export', filter: 'user', hasIndex: true },
  training: { place: 'training-examples', filter: 'model', hasIndex: false },
};

interface ExportCommand extends ExportVerb {
  readonly tenant: string;
  readonly out: string;
  readonly query: Readonly<Record<string, string>>;
}

/** The group with the commands that write a file, line by line as it comes. */
export function withExports(group: CommandGroup): CommandGroup {
  const own = Object.entries(verbs).map(([verb, { filter }]) => [verb, ['out', filter]] as const);
  return {
    ...group,
    help: `${group.help}${help}`,
    verbs: { ...group.verbs, ...Object.fromEntries(own) },
    read(args) {
      const [verb = '', ...rest] = args;
      const spec = verbs[verb];
      if (spec === undefined) return group.read(args);
      const { values, positionals } = readOptions(rest, {
        json: { type: 'boolean' },
        out: { type: 'string' },
        [spec.filter]: { type: 'string' },
      });
      const [tenant] = positionals;
      const { out } = values;
      if (tenant === undefined || positionals.length > 1) throw wrong(`${group.name} ${verb} takes TENANT.`);
      if (typeof out !== 'string') throw wrong(`${group.name} ${verb} needs --out FILE.`);
      const filter = values[spec.filter];
      const query = typeof filter === 'string' ? { [spec.filter]: filter } : {};
      return ({ settings }) => writeExport(settings, { ...spec, tenant, out, query });
    },
  };
}

/** @throws what the administration refuses with; `unavailable` where it ends before the whole is there; `config_invalid` for the file */
async function writeExport(
  settings: CliSettings,
  { tenant, place, out, query, hasIndex }: ExportCommand,
): Promise<Outcome> {
  const request = { method: 'GET', path: `/tenants/${encodeURIComponent(tenant)}/${place}`, query } as const;
  const file = path.resolve(settings.workingFolder, out);
  const target = await openNew(file);
  const lines = await askForLines(settings, request).catch(async (error: unknown) => {
    await target.close();
    await rm(file);
    throw error;
  });
  let count = 0;
  let last = '';
  try {
    for await (const line of lines) {
      await target.write(`${line}\n`);
      last = line;
      count += 1;
    }
  } catch (cause) {
    throw cutOff(file, cause);
  } finally {
    await target.close();
  }
  if (hasIndex && !last.startsWith('{"type":"index"')) throw cutOff(file);
  return { text: `${count} lines are in ${file}\n`, json: { file, lines: count }, isGood: true };
}

async function openNew(file: string) {
  try {
    return await open(file, 'wx', 0o600);
  } catch (cause) {
    throw new MillraceError('config_invalid', `${file} cannot be made: ${(cause as Error).message}`, {
      param: 'out',
      cause,
    });
  }
}

function cutOff(file: string, cause?: unknown): MillraceError {
  return new MillraceError('unavailable', `The export was cut off: what is in ${file} is not whole.`, {
    cause,
  });
}
