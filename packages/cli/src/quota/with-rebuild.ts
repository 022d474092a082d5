import type { CommandGroup } from '../command-group.ts';
import { readOptions, wrong } from '../read-options.ts';

const help = `
npm run millrace -- quota rebuild [--dry-run] [--wait]

  makes the counters of all quotas anew from decisions, closings and ledger; takes NATS_URL and DATABASE_URL

  --dry-run      only says what would be put right
  --wait         however long admission has to wait; by default it gives up after 8 seconds
`;

/** The quotas with a command that needs no administration. */
export function withRebuild(group: CommandGroup): CommandGroup {
  return {
    ...group,
    help: `${group.help}${help}`,
    verbs: { ...group.verbs, rebuild: ['dry-run', 'wait'] },
    read(args) {
      const [verb, ...rest] = args;
      if (verb !== 'rebuild') return group.read(args);
      const { values, positionals } = readOptions(rest, {
        json: { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        wait: { type: 'boolean' },
      });
      if (positionals.length > 0) throw wrong('quota rebuild takes no arguments.');
      const command = { dryRun: values['dry-run'] === true, wait: values['wait'] === true };
      return async ({ environment }) => (await import('./rebuild.ts')).rebuild(environment, command);
    },
  };
}
