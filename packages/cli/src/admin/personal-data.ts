import { adminGroup } from './admin-command.ts';
import { integer, onOff, orNone, text } from './options.ts';

const ofUser = { user: text('of this user alone; by default of the whole tenant') };

export const personalDataGroup = adminGroup({
  name: 'personal-data',
  verbs: {
    kept: {
      summary: 'all that Millrace keeps, and how long',
      method: 'GET',
      path: '/data-kept',
      columns: ['kind', 'store', 'personal', 'sealed', 'kept'],
    },
    policy: { summary: 'how long content is kept', method: 'GET', path: '/tenants/{tenant}/data-policy' },
    'set-policy': {
      summary: 'changes that, also for what is there',
      method: 'PATCH',
      path: '/tenants/{tenant}/data-policy',
      options: {
        'zero-retention': onOff('nothing is kept once its client has it'),
        'jobs-seconds': orNone(integer('jobs, responses and batches after their end')),
        'files-seconds': orNone(integer('files')),
        'answers-seconds': orNone(integer('answers to idempotency keys')),
        'training-allowed': onOff('requests may consent that they are kept as training examples'),
        'training-seconds': orNone(integer('training examples')),
      },
      isVersioned: true,
    },
    erase: {
      summary: 'erases a tenant or a user for good; it goes on by itself',
      method: 'POST',
      path: '/tenants/{tenant}/erasures',
      options: ofUser,
      columns: ['id', 'tenant', 'user', 'requested_at', 'completed_at'],
    },
    erasures: {
      summary: 'those that were begun, the last first',
      method: 'GET',
      path: '/tenants/{tenant}/erasures',
      isList: true,
      columns: ['id', 'user', 'requested_at', 'completed_at', 'removed'],
    },
    'rotate-keys': {
      summary: 'makes the data key that seals from now on; takes five seconds',
      method: 'POST',
      path: '/tenants/{tenant}/data-keys/rotate',
      options: ofUser,
    },
    'retire-keys': {
      summary: 'destroys data keys that nothing which is kept was sealed with',
      method: 'POST',
      path: '/tenants/{tenant}/data-keys/retire',
      options: ofUser,
    },
    'withdraw-training': {
      summary: 'removes training examples',
      method: 'POST',
      path: '/tenants/{tenant}/training-examples/withdraw',
      options: { user: text('those of this user alone'), request: text('that of this request alone') },
    },
  },
  examples: [
    'personal-data set-policy acme-web --jobs-seconds 86400 --files-seconds none',
    'personal-data erase acme-web --user usr_0123456789abcdef0123456789abcdef',
    'personal-data erasures acme-web',
  ],
});
