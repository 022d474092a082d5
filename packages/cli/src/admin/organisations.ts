import { adminGroup } from './admin-command.ts';
import { text } from './options.ts';

const columns = ['id', 'name', 'created_at', 'suspended_at'];

export const organisationsGroup = adminGroup({
  name: 'organisations',
  verbs: {
    list: { summary: 'all within reach', method: 'GET', path: '/organisations', columns },
    show: { summary: 'one', method: 'GET', path: '/organisations/{organisation}' },
    create: {
      summary: 'creates one',
      method: 'POST',
      path: '/organisations',
      bodyArguments: ['id'],
      options: { name: text('for people; by default the id') },
    },
    rename: {
      summary: 'changes its name',
      method: 'PATCH',
      path: '/organisations/{organisation}',
      bodyArguments: ['name'],
      isVersioned: true,
    },
    suspend: {
      summary: 'admits none of its requests',
      method: 'POST',
      path: '/organisations/{organisation}/suspend',
    },
    resume: { summary: 'ends that', method: 'POST', path: '/organisations/{organisation}/resume' },
  },
  examples: [
    'organisations list',
    'organisations create acme --name "Acme Inc."',
    'organisations suspend acme',
  ],
});
