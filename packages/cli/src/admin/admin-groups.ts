import type { CommandGroup } from '../command-group.ts';
import type { GroupName } from '../group-names.ts';
import { ledgerGroup, pricesGroup, usageGroup } from './billing.ts';
import { deadLettersGroup } from './dead-letters.ts';
import { identityProvidersGroup } from './identity-providers.ts';
import { keysGroup } from './keys.ts';
import { organisationsGroup } from './organisations.ts';
import { quotaGroup } from './quota.ts';
import { withNatsUser } from './with-nats-user.ts';
import { withScan } from '../pii/with-scan.ts';
import { withExports } from './with-exports.ts';
import { withRebuild } from '../quota/with-rebuild.ts';
import { personalDataGroup } from './personal-data.ts';
import { piiGroup } from './pii.ts';
import { rolesGroup } from './roles.ts';
import { tenantsGroup } from './tenants.ts';
import { usersGroup } from './users.ts';

/** The commands that ask the administration. */
export const adminGroups = {
  organisations: organisationsGroup,
  tenants: withNatsUser(tenantsGroup),
  users: usersGroup,
  roles: rolesGroup,
  'identity-providers': identityProvidersGroup,
  keys: keysGroup,
  quota: withRebuild(quotaGroup),
  prices: pricesGroup,
  usage: usageGroup,
  ledger: ledgerGroup,
  'dead-letters': deadLettersGroup,
  'personal-data': withExports(personalDataGroup),
  pii: withScan(piiGroup),
} as const satisfies Partial<Record<GroupName, CommandGroup>>;
