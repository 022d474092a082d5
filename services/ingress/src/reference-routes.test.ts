import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestNats } from '@millrace/testkit';
import { startIngressTest, type IngressTest } from './ingress.fixture.ts';
import { openApiDocument } from './openapi.ts';

let ingress: IngressTest;

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
});

afterAll(() => ingress.stop());

test('the document of the API is served as it stands in the reference', async () => {
  const response = await fetch(`${ingress.url}/openapi.json`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await response.json()).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});

test('the reference page takes everything from this server', async () => {
  const response = await fetch(`${ingress.url}/docs`);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/https?:/);
  const html = await response.text();
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
  expect(links).toHaveLength(3);
  for (const link of links) {
    expect(link).toMatch(/^\/docs\//);
    const asset = await fetch(`${ingress.url}${link}`);
    expect(asset.status).toBe(200);
    expect((await asset.text()).length).toBeGreaterThan(50);
  }
});
