import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey, createTenant } from '@millrace/control-plane';
import type { Cluster } from '@millrace/embedded';
import { startInstantCluster } from '../support/instant-engine.ts';
import { postJson } from '../support/post-json.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startInstantCluster();
});
afterAll(() => cluster.stop());

/** Wildcards of NATS, SQL, paths; none of them is an id. */
const ids = [
  '*',
  '>',
  'a.b',
  '*.*',
  '$JS.API.STREAM.PURGE.CLOSED',
  "' or '1'='1",
  "'; drop table jobs; --",
  '%',
  '_',
  '../../admin/v1/keys',
  'x'.repeat(1_000),
  '%00',
  '٣',
];

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

describe('the ids of others', () => {
  it('and what is none are nowhere to be found, in any path of the API, and nothing is changed', async () => {
    const { paths } = (await (await fetch(`${cluster.ingressUrl}/openapi.json`)).json()) as OpenApi;
    const tenant = 'of-others';
    await createTenant(cluster.database, { id: tenant });
    const { key: apiKey } = await createApiKey(cluster.database, { tenant });
    const made = await postJson({ ...cluster, apiKey }, '/v1/jobs', {
      endpoint: '/v1/generate',
      body: { prompt: 'Mine', max_tokens: 2 },
    });
    const { id } = (await made.json()) as { readonly id: string };
    const read = await fetch(`${cluster.ingressUrl}/v1/jobs/${id}?wait=60s`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    const { request_id: requestId } = (await read.json()) as { readonly request_id: string };
    const withIds = Object.entries(paths).filter(([path]) => path.includes('{'));
    expect(withIds.length).toBeGreaterThan(10);
    for (const [path, operations] of withIds)
      for (const method of Object.keys(operations).filter((each) => ['get', 'post', 'delete'].includes(each)))
        for (const each of [...ids, id, requestId]) {
          const asked = path.replaceAll(/\{[^}]+\}/g, encodeURIComponent(each));
          const { status } = await fetch(`${cluster.ingressUrl}${asked}`, {
            method: method.toUpperCase(),
            headers: { authorization: `Bearer ${cluster.apiKey}` },
          });
          expect({ method, asked, isRefused: status >= 400 && status < 500 }).toEqual({
            method,
            asked,
            isRefused: true,
          });
        }
    const again = await fetch(`${cluster.ingressUrl}/v1/jobs/${id}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    expect(await again.json()).toMatchObject({ status: 'completed', request_id: requestId });
  });
});
