import {
  modelSchema,
  momentSchema,
  nameIdSchema,
  newPriceSchema,
  platformPlace,
  priceInNoBook,
  readMoment,
  type NewPrice,
} from '@millrace/control-plane';
import {
  adjustCharge,
  adjustmentIdOf,
  applyRerating,
  giveCredit,
  previewRerating,
  type LedgerAdjustment,
  type MadeOnce,
  type Rerating,
  type ReratingRange,
} from '@millrace/ledger';
import { MillraceError } from '@millrace/runtime';
import { route, Unchanged, type AdminRoute, type Call } from '../admin-route.ts';
import { placeOfTenant } from '../page-query.ts';

const tag = 'ledger';
const reason = {
  type: 'string',
  pattern: '^[^\\p{Cc}\\p{Cs}]{1,500}$',
  description: 'Kept for good: nothing personal. 1 to 500 characters, none of them a control character.',
} as const;
const signed = { type: 'string', pattern: '^-?\\d{1,9}(?:\\.\\d{1,10})?$' } as const;
const decimal = { type: 'string', pattern: '^\\d{1,9}(?:\\.\\d{1,10})?$' } as const;
const text = { type: 'string' } as const;
const count = { type: 'integer' } as const;

const objectOf = (
  title: string,
  properties: Readonly<Record<string, object>>,
  optional: readonly string[] = [],
) => ({
  title,
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
  properties,
});

const adjustmentSchema = objectOf('LedgerAdjustment', {
  entry_id: text,
  entry_number: count,
  kind: { enum: ['adjustment', 'credit'] },
  request_id: { type: ['string', 'null'], description: 'Null for a credit.' },
  tenant: text,
  amount: { ...text, description: 'Signed decimal: what is added to what was charged.' },
  currency: text,
  reason: text,
  actor: text,
  adjusted_at: { type: 'string', format: 'date-time' },
});

function showAdjustment(made: LedgerAdjustment): object {
  return {
    entry_id: made.entryId,
    entry_number: made.entryNumber,
    kind: made.kind,
    request_id: made.requestId,
    tenant: made.tenant,
    amount: made.amount,
    currency: made.currency,
    reason: made.reason,
    actor: made.actor,
    adjusted_at: new Date(made.adjustedAt).toISOString(),
  };
}

/** What a key has made before is made once, and is one act. */
function showMade({ made, isRepeat }: MadeOnce): object {
  const shown = showAdjustment(made);
  return isRepeat ? new Unchanged(shown) : shown;
}

const sum = {
  currency: text,
  charges: count,
  changed: count,
  before: text,
  after: text,
  difference: { ...text, description: 'What is added: signed.' },
};

const rowsOf = (properties: Readonly<Record<string, object>>) => ({
  type: 'array',
  items: {
    type: 'object',
    required: Object.keys(properties),
    additionalProperties: false,
    properties,
  },
});

const sums = {
  fingerprint: { ...text, description: 'Of all that changes. A re-rating that expects it is just this one.' },
  sums: rowsOf(sum),
  rows: { ...rowsOf({ tenant: text, model: text, ...sum }), description: 'Where something changes.' },
  unpriced: { ...count, description: 'Charges of models that have no price for their moment: they stay.' },
  other_currency: { ...count, description: 'Charges whose price is in another currency now: they stay.' },
};

const showRerating = ({ otherCurrency, ...rest }: Rerating): object => ({
  ...rest,
  other_currency: otherCurrency,
});

const range = {
  from: { ...momentSchema, description: 'Of requests that came in then or later.' },
  to: { ...momentSchema, description: 'Of requests that came in before.' },
  tenant: { ...nameIdSchema, description: 'Of this tenant alone.' },
  model: { ...modelSchema, description: 'That this model alone has answered.' },
  book: {
    ...newPriceSchema.properties.book,
    description: 'By the prices of this book; by default by those that are charged.',
  },
};
const optional = ['tenant', 'model', 'book'] as const;

const { book: _book, ...whatIfProperties } = newPriceSchema.properties;
const whatIf = {
  type: 'array',
  minItems: 1,
  maxItems: 200,
  items: { ...newPriceSchema, title: 'PriceInNoBook', properties: whatIfProperties },
  description: 'What if these were the prices? By default of all time.',
};

interface AskedRange {
  readonly from: string;
  readonly to: string;
  readonly tenant?: string;
  readonly model?: string;
  readonly book?: string;
}

/** @throws `invalid_value` */
function rangeOf({ from, to, tenant, model, book }: AskedRange): ReratingRange {
  const [first, end] = [readMoment(from, 'from').getTime(), readMoment(to, 'to').getTime()];
  if (first >= end)
    throw new MillraceError('invalid_value', `from is ${from}: it must be before to, which is ${to}`, {
      param: 'from',
    });
  return {
    from: first,
    to: end,
    ...(tenant === undefined ? {} : { tenant }),
    ...(model === undefined ? {} : { model }),
    ...(book === undefined ? {} : { book }),
  };
}

const expected = {
  type: 'string',
  pattern: '^[0-9a-f]{32}$',
  description: 'The fingerprint of the preview: refused (412) where it would be anything else by now.',
} as const;

/** Who is named in the ledger. */
const actorOf = ({ actor }: Call<unknown, unknown, unknown>): string => actor.user_id ?? actor.key_id;

/** The id of a re-rating, which its entries in the ledger have: one of its own for each key and range. */
function runOf({
  body,
  idempotencyKey,
}: Pick<Call<unknown, unknown, AskedRange>, 'body' | 'idempotencyKey'>): string {
  return adjustmentIdOf(JSON.stringify(['rerating', rangeOf(body)]), idempotencyKey);
}

interface NewAdjustment {
  readonly tenant: string;
  readonly request_id: string;
  readonly amount: string;
  readonly reason: string;
}

interface NewCredit {
  readonly tenant: string;
  readonly amount: string;
  readonly currency: string;
  readonly reason: string;
}

export const ledgerRoutes: readonly AdminRoute[] = [
  route<object, object, NewAdjustment>({
    method: 'POST',
    path: '/ledger/adjustments',
    action: 'ledger.adjust',
    operationId: 'adjustCharge',
    summary: 'Corrects the charge of a request, once for an Idempotency-Key.',
    tag,
    body: objectOf('NewAdjustment', {
      tenant: nameIdSchema,
      request_id: { type: 'string', format: 'uuid' },
      amount: { ...signed, description: 'What is added to the charge: with a minus, it is given back.' },
      reason,
    }),
    answer: adjustmentSchema,
    isOnce: true,
    place: (plane, { body }) => placeOfTenant(plane, body.tenant),
    change: async (call, transaction) => {
      const { plane, body, idempotencyKey } = call;
      const { tenant, request_id: requestId, amount } = body;
      const asked = { tenant, requestId, amount, reason: body.reason, idempotencyKey, actor: actorOf(call) };
      return showMade(await adjustCharge(plane, transaction, asked));
    },
  }),
  route<object, object, NewCredit>({
    method: 'POST',
    path: '/ledger/credits',
    action: 'ledger.credit',
    operationId: 'giveCredit',
    summary: 'Credits a tenant with an amount that belongs to no request, once for an Idempotency-Key.',
    tag,
    body: objectOf('NewCredit', {
      tenant: nameIdSchema,
      amount: { ...decimal, description: 'Above 0.' },
      currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'As in ISO 4217.' },
      reason,
    }),
    answer: adjustmentSchema,
    isOnce: true,
    place: (plane, { body }) => placeOfTenant(plane, body.tenant),
    change: async (call, transaction) => {
      const { plane, body, idempotencyKey } = call;
      const asked = { ...body, idempotencyKey, actor: actorOf(call) };
      return showMade(await giveCredit(plane, transaction, asked));
    },
  }),
  route<object, object, AskedRange & { readonly prices?: readonly NewPrice[] }>({
    method: 'POST',
    path: '/ledger/reratings/preview',
    action: 'ledger.rerate',
    operationId: 'previewRerating',
    isReading: true,
    summary:
      'What charges would cost by the prices as they stand now, by those of another book, or by prices that are in none. Nothing is changed.',
    tag,
    body: objectOf('ReratingRange', { ...range, prices: whatIf }, [...optional, 'prices']),
    answer: objectOf('Rerating', sums),
    place: async (plane, { body }) =>
      body.tenant === undefined ? platformPlace : placeOfTenant(plane, body.tenant),
    run: async ({ plane, body }) => {
      const { prices, book } = body;
      if (prices !== undefined && book !== undefined)
        throw new MillraceError('conflicting_values', 'book and prices exclude each other.', {
          param: 'prices',
        });
      const options = prices === undefined ? {} : { whatIf: prices.map(priceInNoBook) };
      return showRerating(await previewRerating(plane.database, rangeOf(body), options));
    },
  }),
  route<object, object, AskedRange & { readonly reason: string; readonly expected?: string }>({
    method: 'POST',
    path: '/ledger/reratings',
    action: 'ledger.rerate',
    operationId: 'applyRerating',
    summary:
      'Adjusts charges to the prices as they stand now. Repeated under the same Idempotency-Key it goes on where it was cut off.',
    tag,
    body: objectOf('NewRerating', { ...range, reason, expected }, [...optional, 'expected']),
    answer: objectOf('AppliedRerating', {
      run: { ...text, description: 'The `adjustment_id` of its entries.' },
      ...sums,
      written: { ...count, description: 'Entries that this call wrote.' },
    }),
    isOnce: true,
    place: async (plane, { body }) =>
      body.tenant === undefined ? platformPlace : placeOfTenant(plane, body.tenant),
    planned: (call) => ({ ...call.body, run: runOf(call) }),
    undertake: async (call) => {
      const { plane, body } = call;
      const asked = {
        ...rangeOf(body),
        run: runOf(call),
        reason: body.reason,
        actor: actorOf(call),
        ...(body.expected === undefined ? {} : { expected: body.expected }),
      };
      return { run: asked.run, ...showRerating(await applyRerating(plane, asked)) };
    },
  }),
];
