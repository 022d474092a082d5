import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { controlKeys } from '@millrace/contracts';
import { startTestNats } from '@millrace/testkit';
import { startIngressTest, type IngressTest } from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let ingress: IngressTest;

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
});

afterAll(() => ingress.stop());

test('a request is cancelled by its id or its idempotency key, by its owner alone', async () => {
  const [owner, other] = [ingress.client(), ingress.client()];
  const cancel = (client: typeof owner, body: object) => client.post(body, { path: '/v1/requests/cancel' });
  for (const byKey of [true, false]) {
    const key = `cancelled ${byKey}`;
    const posted = owner.post({ prompt: 'Hello' }, { headers: { 'idempotency-key': key } });
    const writer = await owner.nextRequest();
    const { requestId } = writer;
    const body = byKey ? { idempotency_key: key } : { request_id: requestId };
    expect((await cancel(other, body)).status).toBe(404);
    expect((await cancel(owner, body)).status).toBe(202);
    const control = ingress.stage.bus.bucket('CONTROL');
    expect(await control.get(controlKeys.cancellation(requestId))).toBeDefined();
    await writer.finish({ outcome: 'CANCELLED', finish_reason: 'cancelled' });
    expect(await (await posted).json()).toMatchObject({ finish_reason: 'cancelled' });
  }
  for (const body of [{}, { request_id: 'a', idempotency_key: 'b' }, { request: 'x' }])
    expect((await cancel(owner, body)).status).toBe(400);
});
