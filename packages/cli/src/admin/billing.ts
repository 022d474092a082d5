import { adminGroup } from './admin-command.ts';
import { file, ofOrganisation, ofTenant, orNone, text } from './options.ts';

const filters = {
  ...ofTenant,
  ...ofOrganisation,
  model: text('of this model alone'),
  key: text('of this API key alone'),
  user: text('of this user alone'),
  from: text('of requests that ended then or later, such as 2026-01-01T00:00:00Z'),
  to: text('of requests that ended before'),
};

const rerated = {
  ...ofTenant,
  model: text('that this model alone has answered'),
  book: text('by the prices of this book; by default by those that are charged'),
};
const sumColumns = ['currency', 'charges', 'changed', 'before', 'after', 'difference'];
const ratingTables = { sums: sumColumns, rows: ['tenant', 'model', ...sumColumns] };

export const pricesGroup = adminGroup({
  name: 'prices',
  verbs: {
    list: {
      summary: 'all, also those that are over and those to come',
      method: 'GET',
      path: '/prices',
      options: { model: text('of this model alone'), book: text('of this price book alone') },
      columns: [
        'model',
        'version',
        'currency',
        'input_per_million',
        'output_per_million',
        'per_request',
        'valid_from',
        'valid_until',
      ],
    },
    add: {
      summary: 'adds the next price of a model; none is ever changed',
      method: 'POST',
      path: '/prices',
      bodyArguments: ['model', 'currency', 'input_per_million', 'output_per_million'],
      options: {
        'cached-input-per-million': orNone(text('of tokens from the prefix cache')),
        'characters-in-per-million': text('for a million characters of the content'),
        'characters-out-per-million': text('for a million characters of the answer'),
        'per-request': text('for the request itself'),
        'per-second': text('for a second of work'),
        'cached-answer': text('share of the price of an answer from the cache, 0 to 1'),
        'model-version': orNone(text('of this version of the model alone')),
        'valid-from': text('by default now'),
        'valid-until': orNone(text('by default until the next price')),
        book: text('by default that which is charged'),
      },
    },
  },
  examples: [
    'prices list',
    'prices add smollm2-135m-instruct EUR 0.10 0.40 --valid-from 2027-01-01T00:00:00Z',
  ],
});

export const usageGroup = adminGroup({
  name: 'usage',
  verbs: {
    list: {
      summary: 'by day, organisation, tenant, user, key, model or operation',
      method: 'GET',
      path: '/usage',
      options: { ...filters, 'group-by': text('what it is added up by; day by default') },
    },
  },
  examples: ['usage list --tenant acme-web --group-by model --from 2026-01-01T00:00:00Z'],
});

export const ledgerGroup = adminGroup({
  name: 'ledger',
  verbs: {
    list: {
      summary: 'the newest first',
      method: 'GET',
      path: '/ledger',
      options: { ...filters, request: text('of this request alone') },
      columns: [
        'entry_number',
        'closed_at',
        'tenant',
        'model',
        'outcome',
        'input_tokens',
        'output_tokens',
        'amount',
        'currency',
        'request_id',
      ],
    },
    adjust: {
      summary: 'corrects the charge of a request; with a minus, it is given back',
      method: 'POST',
      path: '/ledger/adjustments',
      bodyArguments: ['tenant', 'request_id'],
      options: { amount: text('what is added, such as --amount=-0.25'), reason: text('kept for good') },
      isOnce: true,
    },
    credit: {
      summary: 'credits a tenant with what belongs to no request',
      method: 'POST',
      path: '/ledger/credits',
      bodyArguments: ['tenant', 'amount', 'currency'],
      options: { reason: text('kept for good') },
      isOnce: true,
    },
    'preview-rerate': {
      summary: 'what charges would cost by the prices of now, of another book, or of a file; changes nothing',
      method: 'POST',
      path: '/ledger/reratings/preview',
      bodyArguments: ['from', 'to'],
      options: {
        ...rerated,
        prices: file('what if these were the prices? a JSON list, each as for prices add'),
      },
      tables: ratingTables,
    },
    rerate: {
      summary: 'adjusts charges to the prices of now',
      method: 'POST',
      path: '/ledger/reratings',
      bodyArguments: ['from', 'to'],
      options: {
        ...rerated,
        expected: text('the fingerprint of the preview: refused where it would be anything else by now'),
        reason: text('kept for good'),
      },
      isOnce: true,
      tables: ratingTables,
    },
  },
  examples: [
    'ledger list --tenant acme-web --limit 20',
    'ledger list --json',
    'ledger credit acme-web 25.00 EUR --reason "outage in May"',
    'ledger preview-rerate 2026-01-01T00:00:00Z 2026-02-01T00:00:00Z --tenant acme-web',
    'ledger preview-rerate 2026-01-01T00:00:00Z 2026-02-01T00:00:00Z --prices next-year.json',
    'ledger rerate 2026-01-01T00:00:00Z 2026-02-01T00:00:00Z --book next-year --expected FINGERPRINT --reason "new contract"',
  ],
});
