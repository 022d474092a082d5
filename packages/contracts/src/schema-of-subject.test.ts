import { expect, it } from 'vitest';
import { schemaOfSubject } from './schema-of-subject.ts';
import { controlKeys, subjects } from './subjects.ts';

const id = '01890a5d-ac96-774b-bcce-b302099a8057';

it.for([
  [subjects.received('a.b'), 'request.received'],
  [subjects.admitted('acme'), 'request.admitted'],
  [subjects.scrubbed('llama-3.2', 'normal-1'), 'request.scrubbed'],
  [subjects.result('g-1', id), 'result.chunk'],
  [`mr.relay.g-1.${id}`, 'result.chunk'],
  [subjects.closed('acme', id), 'request.closed'],
  [subjects.charged('acme'), 'billing.charged'],
  [subjects.adjusted('acme'), 'billing.adjusted'],
  [subjects.budgetReached('project', 'a.b'), 'budget.reached'],
  [subjects.recorded('acme'), 'audit.recorded'],
  [subjects.checkpointed('acme'), 'audit.checkpointed'],
  [subjects.act('acme'), 'act.performed'],
  [subjects.deadLetter('pii', 'acme'), 'dead.letter'],
  [subjects.verify, 'credential.presented'],
  [subjects.resumed('g-1'), 'request.resumed'],
  [`$KV.CONTROL.${controlKeys.cancellation(id)}`, 'request.cancelled'],
  [`$KV.CONTROL.${controlKeys.revocation('key')}`, 'key.revoked'],
  [`$KV.CONTROL.${controlKeys.bar('ISSUER', 'https://id.example.com/')}`, 'access.barred'],
  [`$KV.CONTROL.${controlKeys.model('model')}`, 'model.ready'],
  [`$KV.CONTROL.${controlKeys.signer('key')}`, 'signer.published'],
  [`$KV.CONTROL.${controlKeys.policy('acme')}`, 'policy.published'],
  ['$KV.KEYS.acme', 'key.wrapped'],
  ['$KV.KEYS.acme.usr_1', 'key.wrapped'],
  ['$KV.IDEMPOTENCY.0af3', 'idempotency.claimed'],
])('%s carries %s', ([subject, name]) => {
  expect(schemaOfSubject(subject as string)).toBe(name);
});

it.for([
  'mr.request.received',
  'mr.request.received.acme.more',
  'mr.other.acme',
  '$KV.CONTROL.other.key',
  '',
])('knows nothing of "%s"', (subject) => {
  expect(schemaOfSubject(subject)).toBeUndefined();
});
