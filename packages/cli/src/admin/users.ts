import { adminGroup } from './admin-command.ts';
import { ofOrganisation, text } from './options.ts';

const columns = ['id', 'organisation', 'kind', 'name', 'email', 'disabled_at'];

export const usersGroup = adminGroup({
  name: 'users',
  verbs: {
    list: { summary: 'all within reach', method: 'GET', path: '/users', options: ofOrganisation, columns },
    show: { summary: 'one', method: 'GET', path: '/users/{user}' },
    create: {
      summary: 'creates one, without roles',
      method: 'POST',
      path: '/users',
      bodyArguments: ['name'],
      options: {
        email: text('where to reach it'),
        kind: text('person or service; by default person'),
        organisation: text('where it acts; by default that of the API key'),
      },
    },
    update: {
      summary: 'changes one',
      method: 'PATCH',
      path: '/users/{user}',
      options: {
        name: text('for people'),
        email: { ...text('where to reach it; none removes it'), isNullable: true },
      },
      isVersioned: true,
    },
    disable: {
      summary: 'its keys and tokens are good for nothing from now on',
      method: 'PATCH',
      path: '/users/{user}',
      body: { disabled: true },
      isVersioned: true,
      columns,
    },
    enable: {
      summary: 'they are good again, except those that were revoked',
      method: 'PATCH',
      path: '/users/{user}',
      body: { disabled: false },
      isVersioned: true,
      columns,
    },
  },
  examples: [
    'users create "Ada Lovelace" --email ada@example.com --organisation acme',
    'users disable usr_0123456789abcdef0123456789abcdef',
    'users enable usr_0123456789abcdef0123456789abcdef',
  ],
});
