import { MillraceError } from '@millrace/runtime';
import { readNetwork } from './addresses.ts';
import { reaches, roles, scopes, type Reach, type Role } from './permissions.ts';
import {
  changesSchema,
  keyIdSchema,
  modelSchema,
  momentSchema,
  nameIdSchema,
  nameSchema,
  nullable,
  shownMomentSchema,
  shownSchema,
  userIdSchema,
} from './schemas.ts';

const listOf = (items: object, most: number) =>
  ({ type: 'array', items, uniqueItems: true, maxItems: most }) as const;

const restrictionProperties = {
  scopes: {
    ...nullable({ ...listOf({ enum: scopes }, scopes.length), minItems: 1 }),
    description: 'What of its roles it may use; null: all.',
  },
  allowed_models: {
    ...nullable({ ...listOf(modelSchema, 64), minItems: 1 }),
    description: 'Models that it may ask for, and that routes choose among for it; null: all.',
  },
  allowed_addresses: {
    ...nullable({
      ...listOf({ type: 'string', pattern: '^[0-9A-Fa-f.:]{2,45}(?:/[0-9]{1,3})?$' }, 64),
      minItems: 1,
    }),
    description: 'Addresses, or networks such as 10.0.0.0/8, that it may be used from; null: all.',
  },
  expires_at: { ...nullable(momentSchema), description: 'When it ends by itself; null: never.' },
} as const;

export const newKeySchema = {
  title: 'NewKey',
  type: 'object',
  additionalProperties: false,
  properties: {
    tenant: { ...nameIdSchema, description: 'By default that of the API key that asks.' },
    name: { ...nameSchema, description: 'By default its id.' },
    user: { ...userIdSchema, description: 'Whose it is; by default that of the tenant itself.' },
    roles: { ...listOf({ enum: roles }, roles.length), minItems: 1, description: 'By default developer.' },
    reach: { enum: reaches, default: 'project', description: 'How far its roles reach.' },
    ...restrictionProperties,
  },
} as const;

export const keyChangesSchema = changesSchema('KeyChanges', { name: nameSchema, ...restrictionProperties });

/** A month. */
const longestOverlapSeconds = 31 * 24 * 60 * 60;

export const rotationSchema = {
  title: 'Rotation',
  type: 'object',
  additionalProperties: false,
  properties: {
    overlap_seconds: {
      type: 'integer',
      minimum: 0,
      maximum: longestOverlapSeconds,
      default: 86_400,
      description: 'How long the old secret is good beside the new one.',
    },
  },
} as const;

const keyProperties = {
  id: keyIdSchema,
  tenant: nameIdSchema,
  user: nullable(userIdSchema),
  name: { type: 'string' },
  roles: { type: 'array', items: { type: 'string' } },
  reach: { enum: reaches },
  scopes: nullable({ type: 'array', items: { type: 'string' } }),
  allowed_models: nullable({ type: 'array', items: { type: 'string' } }),
  allowed_addresses: nullable({ type: 'array', items: { type: 'string' } }),
  created_at: shownMomentSchema,
  expires_at: nullable(shownMomentSchema),
  revoked_at: nullable(shownMomentSchema),
  last_used_at: { ...nullable(shownMomentSchema), description: 'To the minute.' },
  replaced_by: { ...nullable(keyIdSchema), description: 'The key that took its place.' },
  version: { type: 'integer' },
} as const;

export const keySchema = shownSchema('Key', keyProperties);

export const createdKeySchema = shownSchema('CreatedKey', {
  ...keyProperties,
  secret: {
    type: ['string', 'null'],
    description:
      'The key itself, which is shown this once. Null where the request was answered before, under its Idempotency-Key: rotate the key if the first answer was lost.',
  },
});

export interface KeyRestrictions {
  readonly scopes?: readonly string[] | null;
  readonly allowed_models?: readonly string[] | null;
  readonly allowed_addresses?: readonly string[] | null;
  readonly expires_at?: string | null;
}

export interface NewKey extends KeyRestrictions {
  readonly tenant?: string;
  readonly name?: string;
  readonly user?: string;
  readonly roles?: readonly Role[];
  readonly reach?: Reach;
}

export interface KeyChanges extends KeyRestrictions {
  readonly name?: string;
}

export interface Rotation {
  readonly overlap_seconds?: number;
}

/** @throws `invalid_value` for one that is no address and no network */
export function requireNetworks(addresses: readonly string[] | null | undefined): void {
  for (const [index, address] of (addresses ?? []).entries()) {
    if (readNetwork(address) !== undefined) continue;
    throw new MillraceError(
      'invalid_value',
      `allowed_addresses[${index}] is ${JSON.stringify(address)}: it must be an address, or a network such as 10.0.0.0/8`,
      { param: `allowed_addresses[${index}]` },
    );
  }
}
