import type { CommandContext } from './command-group.ts';
import { groupNames, groupSummaries, type GroupName } from './group-names.ts';
import { loadGroup } from './load-group.ts';
import type { Outcome } from './outcome.ts';
import { wrong } from './read-options.ts';

export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'run'; readonly run: (context: CommandContext) => Promise<Outcome> };

const help = `Millrace on the command line: npm run millrace -- COMMAND

${groupNames.map((name) => `  ${name.padEnd(20)}${groupSummaries[name]}\n`).join('')}
COMMAND --help says the rest, with examples.

  --json         one JSON object instead of text; errors too, on the standard error
  -h, --help     this text

Exit codes: 0 done, all is as it should be; 1 an error, or a file differs; 2 the command line is wrong.
`;

/** @throws MillraceError `config_invalid`, in one sentence */
export async function parseCommandLine(args: readonly string[]): Promise<Command> {
  const [name, ...rest] = args;
  const wantsHelp = args.includes('--help') || args.includes('-h');
  if (name === undefined || name.startsWith('-')) {
    if (wantsHelp || name === undefined) return { kind: 'help', text: help };
    throw wrong(`The command comes before ${name}.`);
  }
  if (!isGroup(name)) throw wrong(`There is no command ${name}: it must be one of ${groupNames.join(', ')}.`);
  const group = await loadGroup(name);
  return wantsHelp ? { kind: 'help', text: group.help } : { kind: 'run', run: group.read(rest) };
}

function isGroup(name: string): name is GroupName {
  return Object.hasOwn(groupSummaries, name);
}
