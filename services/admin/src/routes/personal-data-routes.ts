import { modelSchema, nameIdSchema, userIdSchema } from '@millrace/control-plane';
import {
  exportExamples,
  exportPersonalData,
  reportKeptData,
  retireDataKeys,
  withdrawExamples,
  type KeptData,
} from '@millrace/personal-data';
import { createBucketKeyStore } from '@millrace/stage';
import { route, type AdminRoute } from '../admin-route.ts';
import { placeOfSubject, subjectUser } from '../data-subject.ts';
import { linesOf } from '../lines.ts';
import { pageOfAll, pageParameters, placeOfTenant, type PageQuery } from '../page-query.ts';

interface Params {
  readonly tenant: string;
}

interface Subject {
  readonly user?: string;
}

const tag = 'personal data';
const params = { tenant: nameIdSchema };
const text = { type: 'string' } as const;
const textOrNull = { type: ['string', 'null'] } as const;
const never = new AbortController().signal;

const subjectSchema = {
  title: 'DataSubject',
  type: 'object',
  additionalProperties: false,
  properties: subjectUser,
} as const;

const answerOf = (title: string, properties: Readonly<Record<string, object>>) => ({
  title,
  type: 'object',
  required: Object.keys(properties),
  additionalProperties: false,
  properties,
});

const keptSchema = answerOf('KeptData', {
  kind: { enum: ['stream', 'bucket', 'table', 'memory'] },
  store: text,
  holds: text,
  sealed: { enum: ['content', 'keys', 'nothing'] },
  personal: { enum: ['content', 'ids', 'names', 'none'] },
  kept_seconds: { type: ['integer', 'null'], description: 'Null: as `kept` says.' },
  kept: text,
  erasure: text,
});

function showKept({ keptMs, ...data }: KeptData): object {
  return { ...data, kept_seconds: keptMs === undefined ? null : Math.floor(keptMs / 1_000) };
}

const rotatedSchema = answerOf('RotatedDataKey', {
  tenant: text,
  user: textOrNull,
  key_id: { ...text, description: 'Of the key that seals from now on.' },
});

export const personalDataRoutes: readonly AdminRoute[] = [
  route<object, PageQuery>({
    method: 'GET',
    path: '/data-kept',
    action: 'data-kept.read',
    operationId: 'listKeptData',
    summary: 'All that Millrace keeps, how long, and what of it is personal.',
    tag,
    query: pageParameters,
    answer: keptSchema,
    isList: true,
    place: async () => undefined,
    run: async ({ query }) =>
      pageOfAll(reportKeptData(), query, showKept, ({ kind, store }) => `${kind} ${store}`),
  }),
  route<Params, Subject>({
    method: 'GET',
    path: '/tenants/{tenant}/export',
    action: 'personal-data.export',
    operationId: 'exportPersonalData',
    summary:
      'All that is kept of a tenant, or of one of its users. The last line is an index: without it, it is not whole.',
    tag,
    params,
    query: subjectUser,
    answer: {
      title: 'ExportRecord',
      type: 'object',
      required: ['type'],
      properties: { type: text },
    },
    answers: 'lines',
    place: (plane, asked) => placeOfSubject(plane, asked.params.tenant, asked.query.user),
    run: async ({ plane, params: { tenant }, query: { user = null } }) =>
      linesOf((signal) => exportPersonalData(plane, { tenant, user }, signal)),
  }),
  route<Params, object, Subject>({
    method: 'POST',
    path: '/tenants/{tenant}/data-keys/rotate',
    action: 'data-key.rotate',
    operationId: 'rotateDataKey',
    summary: 'Makes the data key that seals from now on, in five seconds. Those before it go on to open.',
    tag,
    params,
    body: subjectSchema,
    answer: rotatedSchema,
    place: (plane, { params: { tenant }, body }) => placeOfSubject(plane, tenant, body.user),
    undertake: async ({ plane, params: { tenant }, body: { user = null } }) => ({
      tenant,
      user,
      key_id: await plane.sealing.rotate({ tenant, user }, never),
    }),
  }),
  route<Params, object, Subject>({
    method: 'POST',
    path: '/tenants/{tenant}/data-keys/retire',
    action: 'data-key.retire',
    operationId: 'retireDataKeys',
    summary: 'Destroys data keys that were rotated out, and that nothing which is kept was sealed with.',
    tag,
    params,
    body: subjectSchema,
    answer: answerOf('RetiredDataKeys', { retired: { type: 'integer', description: 'How many.' } }),
    place: (plane, { params: { tenant }, body }) => placeOfSubject(plane, tenant, body.user),
    undertake: async ({ plane, params: { tenant }, body: { user = null } }) => ({
      retired: await retireDataKeys({ ...plane, keyStore: createBucketKeyStore(plane) }, { tenant, user }),
    }),
  }),
  route<Params, { readonly model?: string }>({
    method: 'GET',
    path: '/tenants/{tenant}/training-examples',
    action: 'training-example.export',
    operationId: 'exportTrainingExamples',
    summary: 'The training examples of a tenant, in the chat format for fine-tuning.',
    tag,
    params,
    query: { model: modelSchema },
    answer: {
      title: 'TrainingExample',
      type: 'object',
      required: ['messages'],
      properties: { messages: { type: 'array', items: { type: 'object' } }, tools: { type: 'array' } },
    },
    answers: 'lines',
    place: (plane, asked) => placeOfTenant(plane, asked.params.tenant),
    run: async ({ plane, params: { tenant }, query: { model } }) =>
      linesOf((signal) => exportExamples(plane, { tenant, model }, signal)),
  }),
  route<Params, object, Subject & { readonly request?: string }>({
    method: 'POST',
    path: '/tenants/{tenant}/training-examples/withdraw',
    action: 'training-example.withdraw',
    operationId: 'withdrawTrainingExamples',
    summary: 'Withdraws the consent of a tenant, a user or for a request: removes the examples.',
    tag,
    params,
    body: {
      title: 'Withdrawal',
      type: 'object',
      additionalProperties: false,
      properties: {
        user: { ...userIdSchema, description: 'Those of this user alone.' },
        request: { type: 'string', format: 'uuid', description: 'That of this request alone.' },
      },
    },
    answer: answerOf('WithdrawnExamples', { withdrawn: { type: 'integer', description: 'How many.' } }),
    place: (plane, asked) => placeOfTenant(plane, asked.params.tenant),
    change: async ({ params: { tenant }, body: { user = null, request } }, transaction) => ({
      withdrawn: await withdrawExamples(transaction, { tenant, user, requestId: request }),
    }),
  }),
];
