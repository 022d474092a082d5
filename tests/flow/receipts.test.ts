import { checkReceipt, parseReceipt, readSigners } from '@millrace/audit-log';
import { createApiKey, createTenant } from '@millrace/control-plane';
import { createCodec } from '@millrace/contracts';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startInstantCluster } from '../support/instant-engine.ts';
import { postJson } from '../support/post-json.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startInstantCluster({ env: { MILLRACE_AUDIT_CHECKPOINT_INTERVAL: '1s' } });
});
afterAll(() => cluster.stop());

const patiently = { timeout: 60_000, interval: 200 };

const receiptOf = (requestId: string, apiKey = cluster.apiKey): Promise<Response> =>
  fetch(`${cluster.ingressUrl}/v1/requests/${requestId}/receipt`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });

async function keyOf(tenant: string, role: string): Promise<string> {
  await createTenant(cluster.database, { id: tenant });
  return (await createApiKey(cluster.database, { tenant, roles: [role] })).key;
}

it('who has asked gets a receipt, which holds offline with the public key; nobody else does', async () => {
  const asked = await postJson(cluster, '/v1/generate', { prompt: 'Hello', max_tokens: 2 });
  const { request_id: requestId } = (await asked.json()) as { readonly request_id: string };
  const answers: Response[] = [];
  await expect
    .poll(async () => {
      const answer = await receiptOf(requestId);
      answers.push(answer);
      return answer.status;
    }, patiently)
    .toBe(200);
  const last = answers.pop();
  for (const early of answers) {
    expect(early.status).toBe(409);
    expect(early.headers.get('retry-after')).toBe('5');
    expect(await early.json()).toMatchObject({ error: { code: 'receipt_pending' } });
  }

  const receipt = parseReceipt(await (last as Response).text());
  const keys = await readSigners(cluster.platform);
  const checked = checkReceipt(createCodec(), receipt, keys);
  expect(checked).toMatchObject({
    record: { tenant: defaultTenant, kind: 'request.closed', subject_id: requestId },
  });
  const record = Buffer.from(receipt.record, 'base64');
  const changed = Buffer.from(record.map((byte, index) => (index === record.length - 40 ? byte ^ 1 : byte)));
  const forged = { ...receipt, record: changed.toString('base64') };
  expect(checkReceipt(createCodec(), forged, keys).problem).toBeDefined();

  const others = [await keyOf('other-tenant', 'admin'), await keyOf(defaultTenant, 'end-user')];
  for (const other of others) expect((await receiptOf(requestId, other)).status).toBe(404);
  for (const id of ['01a20b7a-6230-75bc-9d55-82a878a44121', '*', 'a.b'])
    expect((await receiptOf(encodeURIComponent(id))).status).toBe(404);
});

it('a change by the administration is on record in the chain of its tenant', async () => {
  const created = await fetch(`${cluster.adminUrl}/admin/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cluster.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'on-record' }),
  });
  expect(created.status).toBe(201);
  const { platform } = cluster;
  await expect
    .poll(async () => {
      for await (const { payload } of platform.bus.read('AUDIT', 'mr.audit.recorded.on-record')) {
        const { kind, event } = platform.codec.decode('audit.recorded', payload);
        if (kind === 'act.performed') return platform.codec.decode('act.performed', event);
      }
      return undefined;
    }, patiently)
    .toMatchObject({
      action: 'tenant.create',
      object_id: 'on-record',
      request_id: created.headers.get('x-request-id'),
    });
});
