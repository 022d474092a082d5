/** The first words of all commands, and what each group has: a line of the list of all groups. */
export const groupSummaries = {
  models: 'the models on this machine: list, inspect, convert, verify',
  organisations: 'who has tenants and pays for them',
  tenants: 'the projects of the organisations',
  users: 'people and programs who act in an organisation',
  roles: 'what users may do, and where',
  'identity-providers': 'issuers whose tokens organisations accept',
  keys: 'API keys: what they may do, and for how long',
  quota: 'limits, what was used of them, and what is held in reserve',
  prices: 'what models cost, from when on',
  usage: 'what was used and what it cost, added up from the ledger',
  ledger: 'what was charged, entry by entry',
  'dead-letters': 'what could not be processed: look at it, replay it, discard it',
  'personal-data': 'what is kept of tenants and users: policies, export, erasure, keys',
  pii: 'personal data in requests and answers: what is done with it, and how much was found',
  rerun: 'the regression test of a model: stored requests against another version',
  'master-key': 'puts another master key in the place of the one that wraps the data keys',
  audit: 'the audit log: export, verify, receipt, public-key',
  explain: 'the whole way of one request: decisions, times, tokens, price, proof',
  schemas: 'the schemas as contracts: check, register, docs',
  tail: 'what is asked, charged, recorded and refused, as it comes; any message decoded',
  decode: 'messages in files or on the standard input, as JSON',
  export: 'requests, billing and audit as Parquet, Avro, CSV or JSON Lines',
  query: 'the lake and what is newer, in SQL; charts',
  statement: 'what a tenant owes for a month, as text, JSON or HTML',
  completion: 'completion of these commands for bash, zsh and fish',
} as const;

export type GroupName = keyof typeof groupSummaries;

export const groupNames = Object.keys(groupSummaries) as readonly GroupName[];
