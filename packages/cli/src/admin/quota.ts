import { adminGroup, type AdminVerb } from './admin-command.ts';
import { integer, orNone, text } from './options.ts';

const limits = {
  'requests-per-minute': orNone(integer('requests in a minute')),
  'tokens-per-minute': orNone(integer('tokens in a minute')),
  'max-in-flight': orNone(integer('requests that have not ended')),
  'tokens-per-day': orNone(integer('tokens in a day of UTC')),
  'tokens-per-month': orNone(integer('tokens in a month of UTC')),
  'budget-per-month': orNone(text('money in a month of UTC')),
};

const subjects = ['organisation', 'tenant', 'user', 'key', 'model'] as const;

const verbs: Readonly<Record<string, AdminVerb>> = Object.fromEntries(
  subjects.flatMap((subject): [string, AdminVerb][] => {
    const path = `/quotas/${subject}s/{${subject}}`;
    return [
      [`show-${subject}`, { summary: 'limits, what was used and what is in reserve', method: 'GET', path }],
      [
        `set-${subject}`,
        { summary: 'sets limits', method: 'PATCH', path, options: limits, isVersioned: true },
      ],
    ];
  }),
);

export const quotaGroup = adminGroup({
  name: 'quota',
  verbs,
  examples: [
    'quota show-tenant acme-web',
    'quota set-tenant acme-web --tokens-per-day 1000000 --budget-per-month 250',
    'quota set-key 4fT0bQ9xZ1a --max-in-flight none',
  ],
});
