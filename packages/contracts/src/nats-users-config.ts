import { platformAccount, platformExports } from './nats-tenant-account.ts';
import { natsPermissions, natsUsers, type NatsUser } from './nats-permissions.ts';

/** The variable that has the password of a user: `NATS_PASSWORD_AUTH_QUOTA`. */
export function passwordVariable(user: NatsUser): string {
  return `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * The account of the services with a user for each, as nats-server reads it.
 *
 * @param passwordOf as it is to stand in the file: a quoted text, or `$VARIABLE` for the environment of nats-server
 * @param more users besides, as they are to stand in the file
 * @param tenants the accounts of tenants, see `natsTenantAccount`, or an `include` of them
 */
export function natsUsersConfig(
  passwordOf: (user: NatsUser) => string,
  more: readonly string[] = [],
  tenants = '',
): string {
  const users = natsUsers.map((user) => {
    const { publish, subscribe, respond } = natsPermissions(user);
    return [
      '    {',
      `      user: ${user}`,
      `      password: ${passwordOf(user)}`,
      '      permissions: {',
      `        publish: { allow: [${listed(publish)}] }`,
      `        subscribe: { allow: [${listed(subscribe)}] }`,
      ...(respond ? ['        allow_responses: true'] : []),
      '      }',
      '    }',
    ].join('\n');
  });
  return [
    'accounts {',
    `  ${platformAccount} {`,
    '    jetstream: enabled',
    '    users: [',
    ...users,
    ...more,
    '    ]',
    '    exports: [',
    ...platformExports.map((each) => `      ${each}`),
    '    ]',
    '  }',
    ...(tenants === '' ? [] : [tenants]),
    '}',
    '',
  ].join('\n');
}

const listed = (subjects: readonly string[]): string =>
  subjects.map((subject) => `\n          ${JSON.stringify(subject)}`).join('');
