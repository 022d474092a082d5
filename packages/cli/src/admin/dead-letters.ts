import { adminGroup } from './admin-command.ts';
import { flag, ofOrganisation, ofTenant, text } from './options.ts';

export const deadLettersGroup = adminGroup({
  name: 'dead-letters',
  verbs: {
    list: {
      summary: 'those that nobody has decided on, the oldest first',
      method: 'GET',
      path: '/dead-letters',
      options: {
        ...ofTenant,
        ...ofOrganisation,
        stage: text('that this service gave up, such as inference'),
        code: text('with this error code, such as poison_message'),
        status: text('open, replaying, replayed, discarded or all; open by default'),
        from: text('given up then or later, such as 2026-01-01T00:00:00Z'),
        to: text('given up before'),
        request: text('of this request alone'),
      },
      columns: ['id', 'status', 'stage', 'tenant', 'code', 'died_at', 'replay', 'request_id'],
    },
    show: {
      summary: 'what is in it, with personal data masked',
      method: 'GET',
      path: '/dead-letters/{letter}',
    },
    replay: {
      summary: 'as a new request; of a closing, its stage tries again',
      method: 'POST',
      path: '/dead-letters/{letter}/replay',
      options: { again: flag('also what was replayed, or discarded, before') },
      isOnce: true,
      columns: ['id', 'status', 'stage', 'tenant', 'replay', 'replays', 'replayed_as'],
    },
    discard: {
      summary: 'nothing more is done with it',
      method: 'POST',
      path: '/dead-letters/{letter}/discard',
      options: { reason: text('why; kept for good, so nothing personal') },
      columns: ['id', 'status', 'stage', 'tenant', 'discard_reason'],
    },
  },
  examples: [
    'dead-letters list',
    'dead-letters list --stage billing --to 2026-01-01T00:00:00Z --json',
    'dead-letters show 17',
    'dead-letters replay 17',
    'dead-letters replay 17 --again',
    'dead-letters discard 18 --reason "sent by a test"',
  ],
});
