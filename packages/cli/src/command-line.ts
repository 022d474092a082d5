import { adminGroups } from './admin/admin-groups.ts';
import { auditGroup, explainGroup } from './audit/audit-groups.ts';
import type { CommandContext, CommandGroup } from './command-group.ts';
import { completionGroup } from './completion.ts';
import { masterKeyGroup } from './master-key/master-key-group.ts';
import { modelsGroup } from './models/models-group.ts';
import type { Outcome } from './outcome.ts';
import { piiGroup } from './pii/pii-group.ts';
import { wrong } from './read-options.ts';

const groups: readonly CommandGroup[] = [
  modelsGroup,
  ...adminGroups,
  masterKeyGroup,
  auditGroup,
  explainGroup,
  piiGroup,
];
const allGroups: readonly CommandGroup[] = [...groups, completionGroup(groups)];

export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'run'; readonly run: (context: CommandContext) => Promise<Outcome> };

const help = `Millrace on the command line: npm run millrace -- COMMAND

${allGroups.map(({ name, summary }) => `  ${name.padEnd(15)}${summary}\n`).join('')}
COMMAND --help says the rest, with examples.

  --json         one JSON object instead of text; errors too, on the standard error
  -h, --help     this text

Exit codes: 0 done, all is as it should be; 1 an error, or a file differs; 2 the command line is wrong.
`;

/** @throws MillraceError `config_invalid`, in one sentence */
export function parseCommandLine(args: readonly string[]): Command {
  const [name, ...rest] = args;
  const wantsHelp = args.includes('--help') || args.includes('-h');
  if (name === undefined || name.startsWith('-')) {
    if (wantsHelp || name === undefined) return { kind: 'help', text: help };
    throw wrong(`The command comes before ${name}.`);
  }
  const group = allGroups.find((known) => known.name === name);
  if (group === undefined)
    throw wrong(
      `There is no command ${name}: it must be one of ${allGroups.map((each) => each.name).join(', ')}.`,
    );
  return wantsHelp ? { kind: 'help', text: group.help } : { kind: 'run', run: group.read(rest) };
}
