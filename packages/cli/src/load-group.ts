import type { adminGroups } from './admin/admin-groups.ts';
import type { CommandGroup } from './command-group.ts';
import { groupNames, type GroupName } from './group-names.ts';

type Load = () => Promise<CommandGroup>;

const adminGroup =
  (name: keyof typeof adminGroups): Load =>
  async () =>
    (await import('./admin/admin-groups.ts')).adminGroups[name];

const groups: Readonly<Record<GroupName, Load>> = {
  models: async () => (await import('./models/models-group.ts')).modelsGroup,
  organisations: adminGroup('organisations'),
  tenants: adminGroup('tenants'),
  users: adminGroup('users'),
  roles: adminGroup('roles'),
  'identity-providers': adminGroup('identity-providers'),
  keys: adminGroup('keys'),
  quota: adminGroup('quota'),
  prices: adminGroup('prices'),
  usage: adminGroup('usage'),
  ledger: adminGroup('ledger'),
  'dead-letters': adminGroup('dead-letters'),
  'personal-data': adminGroup('personal-data'),
  pii: adminGroup('pii'),
  rerun: async () => (await import('./rerun/rerun-group.ts')).rerunGroup,
  'master-key': async () => (await import('./master-key/master-key-group.ts')).masterKeyGroup,
  audit: async () => (await import('./audit/audit-groups.ts')).auditGroup,
  explain: async () => (await import('./audit/audit-groups.ts')).explainGroup,
  schemas: async () => (await import('./schemas/schemas-group.ts')).schemasGroup,
  tail: async () => (await import('./tail/tail-group.ts')).tailGroup,
  decode: async () => (await import('./tail/decode-group.ts')).decodeGroup,
  export: async () => (await import('./lake/export-group.ts')).exportGroup,
  query: async () => (await import('./lake/query-group.ts')).queryGroup,
  statement: async () => (await import('./lake/statement-group.ts')).statementGroup,
  completion: async () => (await import('./completion.ts')).completionGroup(loadCompleted),
};

/** Loads a group with what it needs: a command pays for no other's NATS, PostgreSQL, Kafka or DuckDB. */
export const loadGroup = (name: GroupName): Promise<CommandGroup> => groups[name]();

/** All groups whose commands a shell completes. */
const loadCompleted = (): Promise<readonly CommandGroup[]> =>
  Promise.all(groupNames.filter((name) => name !== 'completion').map(loadGroup));
