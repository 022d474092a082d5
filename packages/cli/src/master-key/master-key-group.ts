import type { CommandGroup } from '../command-group.ts';
import { readOptions, wrong } from '../read-options.ts';
import { rotate } from './rotate.ts';

const name = 'master-key';

/** Commands that need the master keys themselves. */
export const masterKeyGroup: CommandGroup = {
  name,
  help: `${name}: the key that wraps the data keys of tenants and users

npm run millrace -- ${name} rotate

  wraps every data key by the first of the master keys and overwrites what the others have wrapped. It may run while requests come in,
  and goes on where it was cut off. Behind it the others are needed no more.

It takes NATS_URL, and MILLRACE_MASTER_KEY or MILLRACE_MASTER_KEY_FILE with the new key before the old one. All services have to run with
both before it begins.

  --json       one JSON object instead of text

Examples:
  MILLRACE_MASTER_KEY="$NEW,$OLD" npm run millrace -- ${name} rotate
`,
  verbs: { rotate: [] },
  read([verb, ...rest]) {
    if (verb !== 'rotate') throw wrong(`${name} needs rotate.`);
    const { positionals } = readOptions(rest, { json: { type: 'boolean' } });
    if (positionals.length > 0) throw wrong(`${name} rotate takes no argument.`);
    return ({ environment, startProgress }) => rotate(environment, startProgress);
  },
};
