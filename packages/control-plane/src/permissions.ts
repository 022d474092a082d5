/** Roles, the strongest first. */
export const roles = ['admin', 'developer', 'analyst', 'end-user'] as const;
export type Role = (typeof roles)[number];

/** How far roles reach, the narrowest first: one project, all of its organisation, all organisations. */
export const reaches = ['project', 'organisation', 'platform'] as const;
export type Reach = (typeof reaches)[number];

/** What a key may be held to: what it may do of what its roles may do. */
export const scopes = [
  'inference',
  'organisations:read',
  'organisations:write',
  'tenants:read',
  'tenants:write',
  'users:read',
  'users:write',
  'keys:read',
  'keys:write',
  'quotas:read',
  'quotas:write',
  'prices:read',
  'prices:write',
  'usage:read',
  'ledger:read',
  'ledger:write',
  'personal-data:read',
  'personal-data:write',
  'dead-letters:read',
  'dead-letters:write',
  'identity-providers:read',
  'identity-providers:write',
] as const;
export type Scope = (typeof scopes)[number];

/** Who may do something: a role, and how far it has to reach at least. Roles that are not named may not. */
export interface Permission {
  readonly scope: Scope;
  readonly roles: Readonly<Partial<Record<Role, Reach>>>;
}

const inProject = { admin: 'project' } as const;
const inOrganisation = { admin: 'organisation' } as const;
const onPlatform = { admin: 'platform' } as const;
const staff = { admin: 'project', developer: 'project', analyst: 'project' } as const;

/** All that can be done, and who may. What is done to something out of reach is refused as if it were not there. */
export const permissions = {
  /** Asking models, and all that belongs to it: following, cancelling, jobs, files, batches. */
  'request.submit': {
    scope: 'inference',
    roles: { admin: 'project', developer: 'project', 'end-user': 'project' },
  },

  'organisation.read': {
    scope: 'organisations:read',
    roles: { admin: 'organisation', developer: 'organisation', analyst: 'organisation' },
  },
  'organisation.create': { scope: 'organisations:write', roles: onPlatform },
  'organisation.update': { scope: 'organisations:write', roles: inOrganisation },
  'organisation.suspend': { scope: 'organisations:write', roles: onPlatform },

  'tenant.read': { scope: 'tenants:read', roles: staff },
  'tenant.create': { scope: 'tenants:write', roles: inOrganisation },
  'tenant.update': { scope: 'tenants:write', roles: inProject },
  'tenant.suspend': { scope: 'tenants:write', roles: inOrganisation },

  'user.read': { scope: 'users:read', roles: inOrganisation },
  'user.create': { scope: 'users:write', roles: inOrganisation },
  'user.update': { scope: 'users:write', roles: inOrganisation },
  'role.read': { scope: 'users:read', roles: inProject },
  'role.grant': { scope: 'users:write', roles: inProject },
  'role.withdraw': { scope: 'users:write', roles: inProject },

  'key.read': { scope: 'keys:read', roles: { admin: 'project', developer: 'project' } },
  'key.create': { scope: 'keys:write', roles: inProject },
  'key.update': { scope: 'keys:write', roles: inProject },
  'key.rotate': { scope: 'keys:write', roles: inProject },
  'key.revoke': { scope: 'keys:write', roles: inProject },

  'quota.read': { scope: 'quotas:read', roles: staff },
  /** Nobody raises a limit that was set for himself by someone who reaches further. */
  'quota.set.key': { scope: 'quotas:write', roles: inProject },
  'quota.set.user': { scope: 'quotas:write', roles: inOrganisation },
  'quota.set.project': { scope: 'quotas:write', roles: inOrganisation },
  'quota.set.organisation': { scope: 'quotas:write', roles: onPlatform },
  'quota.set.model': { scope: 'quotas:write', roles: onPlatform },

  'price.read': { scope: 'prices:read', roles: staff },
  'price.create': { scope: 'prices:write', roles: onPlatform },

  'usage.read': { scope: 'usage:read', roles: staff },
  'ledger.read': { scope: 'ledger:read', roles: { admin: 'project', analyst: 'project' } },
  /** What is owed is not changed by who owes it. */
  'ledger.adjust': { scope: 'ledger:write', roles: onPlatform },
  'ledger.credit': { scope: 'ledger:write', roles: onPlatform },
  'ledger.rerate': { scope: 'ledger:write', roles: onPlatform },

  'dead-letter.read': { scope: 'dead-letters:read', roles: { admin: 'project', developer: 'project' } },
  /** What clients have written, with personal data masked. */
  'dead-letter.open': { scope: 'dead-letters:read', roles: inProject },
  'dead-letter.replay': { scope: 'dead-letters:write', roles: inProject },
  'dead-letter.discard': { scope: 'dead-letters:write', roles: inProject },

  'data-kept.read': { scope: 'personal-data:read', roles: staff },
  'data-policy.read': { scope: 'personal-data:read', roles: staff },
  'data-policy.set': { scope: 'personal-data:write', roles: inProject },
  'pii-policy.read': { scope: 'personal-data:read', roles: staff },
  'pii-policy.set': { scope: 'personal-data:write', roles: inProject },
  'pii-report.read': { scope: 'personal-data:read', roles: staff },
  'personal-data.export': { scope: 'personal-data:read', roles: inProject },
  'personal-data.erase': { scope: 'personal-data:write', roles: inProject },
  'erasure.read': { scope: 'personal-data:read', roles: inProject },
  'data-key.rotate': { scope: 'personal-data:write', roles: inProject },
  'data-key.retire': { scope: 'personal-data:write', roles: inProject },
  'training-example.export': { scope: 'personal-data:read', roles: inProject },
  'training-example.withdraw': { scope: 'personal-data:write', roles: inProject },

  'identity-provider.read': { scope: 'identity-providers:read', roles: inOrganisation },
  /** An issuer is one organisation's: whose it is, is not for those to say who want it. */
  'identity-provider.create': { scope: 'identity-providers:write', roles: onPlatform },
  'identity-provider.update': { scope: 'identity-providers:write', roles: inOrganisation },
  'identity-provider.disable': { scope: 'identity-providers:write', roles: inOrganisation },
} as const satisfies Readonly<Record<string, Permission>>;

export type Action = keyof typeof permissions;
