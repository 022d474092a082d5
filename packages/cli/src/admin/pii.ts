import { adminGroup } from './admin-command.ts';
import { json, list, ofOrganisation, ofTenant, onOff, text } from './options.ts';

const tables = { patterns: ['type', 'pattern'] } as const;

export const piiGroup = adminGroup({
  name: 'pii',
  verbs: {
    policy: {
      summary: 'what is done with each type',
      method: 'GET',
      path: '/tenants/{tenant}/pii-policy',
      tables,
    },
    'set-policy': {
      summary: 'changes that; what is left out stays',
      method: 'PATCH',
      path: '/tenants/{tenant}/pii-policy',
      options: {
        actions: json('by type off, report, mask, replace, hash or block; null for the default'),
        'output-actions': json('the same for what a model generates'),
        patterns: json("the tenant's own: a list of objects with type and pattern, in RE2's syntax"),
        allow: list('values that are no personal data'),
        restore: onOff('answers get the originals back'),
      },
      isVersioned: true,
      tables,
    },
    report: {
      summary: 'how much was found, by tenant, type and what was done',
      method: 'GET',
      path: '/pii/report',
      isList: true,
      options: {
        ...ofTenant,
        ...ofOrganisation,
        type: text('of this type alone'),
        from: text('from this day on, such as 2026-01-31'),
        to: text('up to the day before this one'),
      },
    },
  },
  examples: [
    'pii policy acme-web',
    `pii set-policy acme-web --actions '{"EMAIL_ADDRESS":"mask","PERSON":"replace"}' --allow press@acme.example`,
    `pii set-policy acme-web --output-actions '{"STREET_ADDRESS":"replace"}'`,
    'pii report --tenant acme-web --from 2026-11-01',
  ],
});
