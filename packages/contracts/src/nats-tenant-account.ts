import { answersConsumer } from './streams.ts';
import { subjects, subjectToken } from './subjects.ts';

/** The account of the services. */
export const platformAccount = 'MILLRACE';

/** What clients of tenants have before the API of JetStream, in place of `$JS.API`. */
export const tenantApiPrefix = 'MR.API';

/** What the account of the services lends to those of tenants; which tenant gets which is said there. */
export const platformExports: readonly string[] = [
  '{ service: "mr.intake.*.>" }',
  '{ service: "$JS.API.CONSUMER.INFO.ANSWERS.*" }',
  '{ service: "$JS.API.CONSUMER.MSG.NEXT.ANSWERS.*", response_type: stream }',
  '{ service: "$JS.ACK.ANSWERS.*.>" }',
];

/**
 * The account of a tenant, as nats-server reads it: its users can publish to the queues of the tenant and read its answers, and nothing
 * else. An account of its own, since within one account a reply subject makes the server itself write wherever its client wants.
 *
 * @param nkeys public keys of its users
 */
export function natsTenantAccount(tenant: string, nkeys: readonly string[]): string {
  const { stream, durable } = answersConsumer(tenant);
  const consumers = ['INFO', 'MSG.NEXT'].map((operation) => `CONSUMER.${operation}.${stream}.${durable}`);
  const imports = [
    `{ service: ${from(subjects.intakesOf(tenant))} }`,
    ...consumers.map((api) => `{ service: ${from(`$JS.API.${api}`)}, to: "${tenantApiPrefix}.${api}" }`),
    `{ service: ${from(`$JS.ACK.${stream}.${durable}.>`)} }`,
  ];
  return [
    `  "tenant~${subjectToken(tenant)}" {`,
    `    users: [${nkeys.map((nkey) => `{ nkey: ${nkey} }`).join(', ')}]`,
    '    imports: [',
    ...imports.map((each) => `      ${each}`),
    '    ]',
    '  }',
    '',
  ].join('\n');
}

const from = (subject: string): string => `{ account: ${platformAccount}, subject: "${subject}" }`;
