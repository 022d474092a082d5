import { natsPermissions, natsReaders, natsUsers, type NatsUser } from './nats-permissions.ts';

/** The variable that has the password of a user: `NATS_PASSWORD_AUTH_QUOTA`. */
export function passwordVariable(user: NatsUser): string {
  return `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * A user for each service, and those that only read, as nats-server reads it.
 *
 * @param passwordOf as it is to stand in the file: a quoted text, or `$VARIABLE` for the environment of nats-server
 * @param more users besides, as they are to stand in the file
 */
export function natsUsersConfig(
  passwordOf: (user: NatsUser) => string,
  more: readonly string[] = [],
): string {
  const users = [...natsUsers, ...natsReaders].map((user) => {
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
  return `authorization {\n  users: [\n${[...users, ...more].join('\n')}\n  ]\n}\n`;
}

const listed = (subjects: readonly string[]): string =>
  subjects.map((subject) => `\n          ${JSON.stringify(subject)}`).join('');
