import { adminGroup } from './admin-command.ts';
import { ofOrganisation, ofTenant, text } from './options.ts';

const tenant = text('in this tenant; by default in all of the organisation');

export const rolesGroup = adminGroup({
  name: 'roles',
  verbs: {
    list: {
      summary: 'all within reach',
      method: 'GET',
      path: '/roles',
      options: { ...ofOrganisation, ...ofTenant, user: text('of this user alone') },
    },
    grant: {
      summary: 'gives a user a role: admin, developer, analyst or end-user',
      method: 'POST',
      path: '/roles',
      bodyArguments: ['user', 'role'],
      options: { tenant },
    },
    withdraw: {
      summary: 'takes it away; the keys of the user no longer have it',
      method: 'DELETE',
      path: '/roles',
      bodyArguments: ['user', 'role'],
      options: { tenant },
    },
  },
  examples: ['roles grant usr_018f… developer --tenant acme-web', 'roles list --tenant acme-web'],
});
