import { compileValidator } from '@millrace/runtime';

/** Roles that a token can stand for. */
export const tokenRoles = ['admin', 'developer', 'analyst', 'end-user'] as const;
export type TokenRole = (typeof tokenRoles)[number];

/** The name of a claim, or the way to one that lies within others. */
export type ClaimPath = string | readonly string[];

/** How the claims of an issuer's tokens are read: what `identity_providers.claims` holds. */
export interface ClaimsMapping {
  readonly project: {
    readonly claim?: ClaimPath;
    /** Project of each value; without it the value is the id of the project. */
    readonly values?: Readonly<Record<string, string>>;
    /** Where the token names none. */
    readonly default?: string;
  };
  readonly roles: {
    readonly claim?: ClaimPath;
    /** Roles of each value; a value that is not here stands for none. */
    readonly values?: Readonly<Record<string, readonly TokenRole[]>>;
    /** Where no value of the token stands for any. */
    readonly default?: readonly TokenRole[];
    /** Roles that no token and no membership goes beyond; by default those that stand above. */
    readonly most?: readonly TokenRole[];
  };
  /** How far the roles of the token reach. Default: `project`. */
  readonly reach?: 'project' | 'organisation';
  /** Whether a user who is seen for the first time is made. Default: false. */
  readonly create_users?: boolean;
  readonly scopes?: readonly string[];
  readonly allowed_models?: readonly string[];
  /** In CIDR notation. */
  readonly allowed_addresses?: readonly string[];
}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength }) as const;
const claimSchema = {
  anyOf: [text(256), { type: 'array', minItems: 1, maxItems: 8, items: text(256) }],
} as const;
const rolesSchema = {
  type: 'array',
  maxItems: tokenRoles.length,
  uniqueItems: true,
  items: { enum: tokenRoles },
} as const;
const textsSchema = { type: 'array', maxItems: 256, uniqueItems: true, items: text(256) } as const;

export const claimsMappingSchema = {
  type: 'object',
  required: ['project', 'roles'],
  additionalProperties: false,
  properties: {
    project: {
      type: 'object',
      additionalProperties: false,
      properties: {
        claim: claimSchema,
        values: { type: 'object', maxProperties: 10_000, additionalProperties: text(256) },
        default: text(256),
      },
    },
    roles: {
      type: 'object',
      additionalProperties: false,
      properties: {
        claim: claimSchema,
        values: { type: 'object', maxProperties: 10_000, additionalProperties: rolesSchema },
        default: rolesSchema,
        most: rolesSchema,
      },
    },
    reach: { enum: ['project', 'organisation'] },
    create_users: { type: 'boolean' },
    scopes: textsSchema,
    allowed_models: textsSchema,
    allowed_addresses: textsSchema,
  },
} as const;

/** @throws `invalid_value`, `missing_value` */
export const readClaimsMapping = compileValidator<ClaimsMapping>(claimsMappingSchema);

/** What a token says. */
export type Claims = Readonly<Record<string, unknown>>;

/** @returns the texts of a claim, in their order; none where it is missing or holds something else */
function textsOf(claims: Claims, path: ClaimPath | undefined): readonly string[] {
  if (path === undefined) return [];
  let value: unknown = claims;
  for (const name of typeof path === 'string' ? [path] : path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
    value = (value as Claims)[name];
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each) => typeof each === 'string');
}

/** The project that a token names, or undefined. The first of several values that stand for one counts. */
export function projectOf({ project }: ClaimsMapping, claims: Claims): string | undefined {
  for (const value of textsOf(claims, project.claim)) {
    if (project.values === undefined) return value;
    if (Object.hasOwn(project.values, value)) return project.values[value];
  }
  return project.default;
}

/** The roles that a token stands for, never beyond what the mapping allows. */
export function rolesOf({ roles }: ClaimsMapping, claims: Claims): readonly TokenRole[] {
  const { values = {} } = roles;
  const named = textsOf(claims, roles.claim).flatMap((value) =>
    Object.hasOwn(values, value) ? (values[value] ?? []) : [],
  );
  const most = mostRoles(roles);
  return [...new Set(named.length > 0 ? named : roles.default)].filter((role) => most.has(role));
}

/** The roles that a mapping allows at most, memberships included. */
export function mostRoles({ values = {}, default: usual = [], most }: ClaimsMapping['roles']) {
  return new Set<string>(most ?? [...usual, ...Object.values(values).flat()]);
}
