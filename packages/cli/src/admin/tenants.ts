import { adminGroup } from './admin-command.ts';
import { ofOrganisation, text } from './options.ts';

const columns = ['id', 'organisation', 'name', 'created_at', 'suspended_at'];

export const tenantsGroup = adminGroup({
  name: 'tenants',
  verbs: {
    list: { summary: 'all within reach', method: 'GET', path: '/tenants', options: ofOrganisation, columns },
    show: { summary: 'one', method: 'GET', path: '/tenants/{tenant}' },
    create: {
      summary: 'creates one, with the usual limits',
      method: 'POST',
      path: '/tenants',
      bodyArguments: ['id'],
      options: {
        name: text('for people; by default the id'),
        organisation: text('whose it is; by default that of the API key'),
      },
    },
    rename: {
      summary: 'changes its name',
      method: 'PATCH',
      path: '/tenants/{tenant}',
      bodyArguments: ['name'],
      isVersioned: true,
    },
    suspend: { summary: 'admits none of its requests', method: 'POST', path: '/tenants/{tenant}/suspend' },
    resume: { summary: 'ends that', method: 'POST', path: '/tenants/{tenant}/resume' },
  },
  examples: ['tenants list', 'tenants create acme-web --organisation acme', 'tenants suspend acme-web'],
});
