import type { CommandGroup } from '../command-group.ts';
import { readOptions, wrong } from '../read-options.ts';

const help = `
npm run millrace -- tenants nats-user TENANT [--nkey KEY,…]

  makes a key for the upstream systems of a tenant, and the account with which nats-server lets them publish to its queues and read its
  answers, and do nothing else. Asks nobody: the account goes into infra/nats/tenants.conf, the seed to whoever publishes.

  --nkey      public keys of users that are there already, so that the account has them all; no key is made then

Example:
  npm run millrace -- tenants nats-user acme-web
`;

/** The tenants with a command that needs no administration. */
export function withNatsUser(group: CommandGroup): CommandGroup {
  return {
    ...group,
    help: `${group.help}${help}`,
    verbs: { ...group.verbs, 'nats-user': ['nkey'] },
    read(args) {
      const [verb, ...rest] = args;
      if (verb !== 'nats-user') return group.read(args);
      const { values, positionals } = readOptions(rest, {
        json: { type: 'boolean' },
        nkey: { type: 'string' },
      });
      const [tenant, ...more] = positionals;
      if (tenant === undefined || more.length > 0) throw wrong('tenants nats-user takes TENANT.');
      const given = values['nkey'];
      const keys = typeof given === 'string' ? given.split(',').map((key) => key.trim()) : [];
      const bad = keys.find((key) => !/^U[A-Z2-7]{55}$/u.test(key));
      if (bad !== undefined)
        throw wrong(
          `--nkey has ${JSON.stringify(bad.slice(0, 64))}: it must be a public key, U and 55 letters and digits.`,
        );
      return async () => (await import('./nats-user.ts')).natsUser(tenant, keys);
    },
  };
}
