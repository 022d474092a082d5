import { eq, sql } from 'drizzle-orm';
import {
  actionOf,
  compilePatterns,
  defaultPiiPolicy,
  InvalidPattern,
  piiActions,
  piiTypes,
  type PiiAction,
  type PiiPolicy,
} from '@millrace/pii-policy';
import { MillraceError, shorten } from '@millrace/runtime';
import { piiPolicies, tenants, type Transaction } from '@millrace/store';
import { noteChanges } from './control-changes.ts';
import type { ControlDependencies, Reading } from './control-dependencies.ts';
import { notFound, versionConflict } from './refusals.ts';
import { policyOf, type PiiPolicyRow } from './publish-pii-policies.ts';
import { changesSchema, shownSchema } from './schemas.ts';

const typePattern = '^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$';
const actionSchema = { type: 'string', enum: piiActions } as const;
const actionsSchema = (what: string) =>
  ({
    type: 'object',
    maxProperties: 100,
    propertyNames: { type: 'string', pattern: typePattern, maxLength: 48, examples: ['EMAIL_ADDRESS'] },
    additionalProperties: { anyOf: [{ type: 'null' }, actionSchema] },
    description: `${what} null: the default again.`,
  }) as const;

const properties = {
  actions: actionsSchema(
    'By type of personal data: off (not looked for), report (counted), mask, replace (a placeholder, restored in the answer), hash (keyed), block.',
  ),
  output_actions: actionsSchema('The same for what a model generates; what is not there is as in actions.'),
  patterns: {
    type: 'array',
    maxItems: 50,
    items: {
      type: 'object',
      required: ['type', 'pattern'],
      additionalProperties: false,
      properties: {
        type: { type: 'string', pattern: typePattern, maxLength: 48 },
        pattern: { type: 'string', minLength: 1, maxLength: 1_000, description: 'In the syntax of RE2.' },
      },
    },
    description: "Patterns of the tenant's own.",
  },
  allow: {
    type: 'array',
    maxItems: 1_000,
    items: { type: 'string', minLength: 1, maxLength: 200 },
    description: 'Values that are no personal data, in whatever case.',
  },
  restore: { type: 'boolean', description: 'Whether answers get the originals back.' },
} as const;

export const piiPolicyChangesSchema = changesSchema('PiiPolicyChanges', properties);

export const piiPolicySchema = shownSchema('PiiPolicy', {
  actions: {
    type: 'object',
    additionalProperties: actionSchema,
    description: 'By type of personal data, defaults included.',
  },
  output_actions: {
    type: 'object',
    additionalProperties: actionSchema,
    description: 'The same for what a model generates, defaults included.',
  },
  patterns: properties.patterns,
  allow: properties.allow,
  restore: properties.restore,
  version: { type: 'integer', description: '0: the tenant has none of its own.' },
});

type Actions = Readonly<Record<string, PiiAction>>;
type ActionChanges = Readonly<Record<string, PiiAction | null>>;

/** What is changed; actions that are left out stay. */
export interface PiiPolicyChanges {
  readonly actions?: ActionChanges;
  readonly output_actions?: ActionChanges;
  readonly patterns?: PiiPolicy['patterns'];
  readonly allow?: readonly string[];
  readonly restore?: boolean;
}

export interface ShownPiiPolicy {
  readonly actions: Actions;
  readonly output_actions: Actions;
  readonly patterns: PiiPolicy['patterns'];
  readonly allow: readonly string[];
  readonly restore: boolean;
  readonly version: number;
}

/** What a tenant wants done with personal data. */
export async function findPiiPolicy({ database }: Reading, tenant: string): Promise<ShownPiiPolicy> {
  const [row] = await database.select().from(piiPolicies).where(eq(piiPolicies.tenant, tenant));
  return show(row);
}

/**
 * @param version that the changes are based on; undefined: any
 * @throws `resource_not_found`, `version_conflict`, `invalid_value` for a pattern that is none
 */
export async function setPiiPolicy(
  { clock }: Pick<ControlDependencies, 'clock'>,
  transaction: Transaction,
  tenant: string,
  changes: PiiPolicyChanges,
  version: number | undefined,
): Promise<ShownPiiPolicy> {
  const [known] = await transaction
    .select({ id: tenants.id })
    .from(tenants)
    .where(eq(tenants.id, tenant))
    .for('no key update');
  if (known === undefined) throw notFound('tenant', 'tenant');
  const [present] = await transaction.select().from(piiPolicies).where(eq(piiPolicies.tenant, tenant));
  const presentVersion = present?.version ?? 0;
  if (version !== undefined && version !== presentVersion)
    throw versionConflict('PII policy', presentVersion);
  const policy = changed(present === undefined ? defaultPiiPolicy : policyOf(present), changes);
  requireGood(policy);
  const values = { ...policy, updatedAt: new Date(clock.now()) };
  const [row] = await transaction
    .insert(piiPolicies)
    .values({ tenant, ...values })
    .onConflictDoUpdate({
      target: piiPolicies.tenant,
      set: { ...values, version: sql`${piiPolicies.version} + 1` },
    })
    .returning();
  await noteChanges(transaction, 'pii-policy', [tenant]);
  return show(row);
}

function changed(policy: PiiPolicy, changes: PiiPolicyChanges): PiiPolicy {
  return {
    actions: merged(policy.actions, changes.actions),
    outputActions: merged(policy.outputActions, changes.output_actions),
    patterns: changes.patterns ?? policy.patterns,
    allow: changes.allow ?? policy.allow,
    restore: changes.restore ?? policy.restore,
  };
}

function merged(present: Actions, changes: ActionChanges = {}): Actions {
  const all: Readonly<Record<string, PiiAction | null>> = { ...present, ...changes };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, PiiAction] => entry[1] !== null),
  );
}

/** @throws `invalid_value` */
function requireGood(policy: PiiPolicy): void {
  for (const [index, pattern] of policy.patterns.entries()) requireOwn(pattern, `patterns[${index}]`);
  const own = new Set(policy.patterns.map(({ type }) => type));
  const known = new Set<string>([...piiTypes, ...own]);
  for (const [field, actions] of [
    ['actions', policy.actions],
    ['output_actions', policy.outputActions],
  ] as const)
    for (const type of Object.keys(actions))
      if (!known.has(type))
        throw new MillraceError(
          'invalid_value',
          `${field} has the type ${type}: allowed are ${[...known].join(', ')}, and those of patterns; null removes one`,
          { param: `${field}.${type}` },
        );
}

/** @throws `invalid_value` */
function requireOwn(own: PiiPolicy['patterns'][number], field: string): void {
  const { type, pattern } = own;
  if (piiTypes.some((each) => each === type))
    throw new MillraceError(
      'invalid_value',
      `${field}.type is ${type}: that is a type of the platform; give it a name of its own`,
      { param: `${field}.type` },
    );
  try {
    compilePatterns([own]);
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error;
    throw new MillraceError(
      'invalid_value',
      `${field}.pattern is ${shorten(JSON.stringify(pattern))}: ${error.message}`,
      {
        param: `${field}.pattern`,
        cause: error,
      },
    );
  }
}

function show(row: PiiPolicyRow | undefined): ShownPiiPolicy {
  const policy = row === undefined ? defaultPiiPolicy : policyOf(row);
  const types = [...piiTypes, ...new Set(policy.patterns.map(({ type }) => type))];
  const shown = (direction: 'input' | 'output'): Actions =>
    Object.fromEntries(types.map((type) => [type, actionOf(policy, type, direction)]));
  return {
    actions: shown('input'),
    output_actions: shown('output'),
    patterns: policy.patterns,
    allow: policy.allow,
    restore: policy.restore,
    version: row?.version ?? 0,
  };
}
