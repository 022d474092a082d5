import { nameIdSchema } from '@millrace/control-plane';
import {
  changeDataPolicy,
  findDataPolicy,
  readDataPolicy,
  type DataPolicySettings,
  type StoredDataPolicy,
} from '@millrace/personal-data';
import { MillraceError } from '@millrace/runtime';
import { route, type AdminRoute } from '../admin-route.ts';
import { placeOfTenant } from '../page-query.ts';

interface Params {
  readonly tenant: string;
}

/** Times are in seconds; null: as long as the platform keeps it. */
interface ShownPolicy {
  readonly zero_retention: boolean;
  readonly jobs_seconds: number | null;
  readonly files_seconds: number | null;
  readonly answers_seconds: number | null;
  readonly training_allowed: boolean;
  readonly training_seconds: number | null;
}

const daySeconds = 24 * 60 * 60;
const seconds = (days: number, of: string) => ({
  type: ['integer', 'null'],
  minimum: 60,
  maximum: days * daySeconds,
  description: `How long ${of} are kept, in seconds; null: as long as the platform keeps them.`,
});

const properties = {
  zero_retention: { type: 'boolean', description: 'Nothing is kept once its client has it.' },
  jobs_seconds: seconds(30, 'jobs, responses and batches after their end'),
  files_seconds: seconds(30, 'files'),
  answers_seconds: seconds(1, 'answers to idempotency keys'),
  training_allowed: {
    type: 'boolean',
    description: 'Whether requests may consent that they are kept as training examples.',
  },
  training_seconds: seconds(3_650, 'training examples'),
} as const;

const policySchema = {
  title: 'DataPolicy',
  type: 'object',
  required: [...Object.keys(properties), 'version'],
  additionalProperties: false,
  properties: {
    ...properties,
    version: { type: 'integer', description: '0: the tenant has none of its own.' },
  },
} as const;

const changesSchema = {
  title: 'DataPolicyChanges',
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties,
} as const;

const secondsOf = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1_000));
const msOf = (value: number | null): number | null => (value === null ? null : value * 1_000);

function show(policy: StoredDataPolicy): ShownPolicy & { readonly version: number } {
  return {
    zero_retention: policy.zeroRetention,
    jobs_seconds: secondsOf(policy.jobsMs),
    files_seconds: secondsOf(policy.filesMs),
    answers_seconds: secondsOf(policy.answersMs),
    training_allowed: policy.trainingAllowed,
    training_seconds: secondsOf(policy.trainingMs),
    version: policy.version,
  };
}

/** @throws `conflicting_values` */
function settingsOf(policy: ShownPolicy): DataPolicySettings {
  if (policy.zero_retention && policy.training_allowed)
    throw new MillraceError(
      'conflicting_values',
      'training_allowed and zero_retention exclude each other: where nothing is kept there are no examples',
      { param: 'training_allowed' },
    );
  return {
    zeroRetention: policy.zero_retention,
    jobsMs: msOf(policy.jobs_seconds),
    filesMs: msOf(policy.files_seconds),
    answersMs: msOf(policy.answers_seconds),
    trainingAllowed: policy.training_allowed,
    trainingMs: msOf(policy.training_seconds),
  };
}

const facts = {
  path: '/tenants/{tenant}/data-policy',
  tag: 'personal data',
  params: { tenant: nameIdSchema },
  answer: policySchema,
} as const;

export const dataPolicyRoutes: readonly AdminRoute[] = [
  route<Params>({
    ...facts,
    method: 'GET',
    action: 'data-policy.read',
    operationId: 'getDataPolicy',
    summary: 'How long the content of a tenant is kept, and what may be done with it.',
    place: (plane, { params }) => placeOfTenant(plane, params.tenant),
    run: async ({ plane, params }) => show(await readDataPolicy(plane.database, params.tenant)),
  }),
  route<Params, object, Partial<ShownPolicy>>({
    ...facts,
    method: 'PATCH',
    action: 'data-policy.set',
    operationId: 'setDataPolicy',
    summary: 'Sets how long content is kept, also what is there; what is left out stays as it is.',
    body: changesSchema,
    isVersioned: true,
    isTold: true,
    place: (plane, { params }) => placeOfTenant(plane, params.tenant),
    before: async ({ database }, { tenant }) => show(await findDataPolicy(database, tenant)),
    change: async ({ plane, params: { tenant }, body, version }, transaction) => {
      const changed = (present: StoredDataPolicy) => settingsOf({ ...show(present), ...body });
      return show(await changeDataPolicy(plane, transaction, tenant, changed, version));
    },
  }),
];
