import { createNatsUserKey } from '@millrace/bus';
import { answersConsumer, natsTenantAccount, tenantApiPrefix } from '@millrace/contracts';
import type { Outcome } from '../outcome.ts';

/** The account of a tenant in NATS, with a key that is made where none is given. */
export function natsUser(tenant: string, given: readonly string[]): Outcome {
  const made = given.length === 0 ? createNatsUserKey() : undefined;
  const account = natsTenantAccount(tenant, made === undefined ? given : [made.publicKey]);
  const { stream, durable } = answersConsumer(tenant);
  const lines = [
    '# Into infra/nats/tenants.conf:',
    account,
    ...(made === undefined ? [] : ['# To whoever publishes; it is shown only now:', made.seed]),
    `# Answers: consumer ${durable} of the stream ${stream}, with ${tenantApiPrefix} in place of $JS.API.`,
  ];
  return {
    text: `${lines.join('\n')}\n`,
    json: {
      tenant,
      account,
      ...(made === undefined ? {} : { public_key: made.publicKey, seed: made.seed }),
      stream,
      consumer: durable,
      api_prefix: tenantApiPrefix,
    },
    isGood: true,
  };
}
