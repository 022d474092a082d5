import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeTokenClassifier } from '@millrace/pii-model/fixture';
import { startTestNats } from '@millrace/testkit';
import { startIngressTest, type IngressTest, type TestClient } from '../ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let ingress: IngressTest;
let client: TestClient;

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
  client = ingress.client();
});

afterAll(() => ingress.stop());

const ask = async (path: string, body: unknown) => {
  const response = await client.post(body, { path: `/v1/pii/${path}` });
  return { status: response.status, body: await response.json() };
};
const text = '😀 Call Ada Moyo on +44 20 7946 0958, card 4111 1111 1111 1111.';

describe('POST /v1/pii/analyze', () => {
  it('says where personal data stands, in UTF-16 code units', async () => {
    const { status, body } = await ask('analyze', { text, language: 'en' });
    expect(status).toBe(200);
    const found = (body as { entity_type: string; start: number; end: number }[]).map(
      ({ entity_type: type, start, end }) => `${type} ${text.slice(start, end)}`,
    );
    expect(found).toEqual([
      'PERSON Ada Moyo',
      'PHONE_NUMBER +44 20 7946 0958',
      'CREDIT_CARD 4111 1111 1111 1111',
    ]);
  });

  it('obeys types, threshold, allow-list and patterns of the caller', async () => {
    const { body } = await ask('analyze', {
      text: 'Badge ZX-4711, card 4111 1111 1111 1111, a@b.example, c@d.example',
      entities: ['EMAIL_ADDRESS'],
      allow_list: ['A@B.example'],
      ad_hoc_recognizers: [
        { supported_entity: 'BADGE', patterns: [{ regex: String.raw`\bZX-\d{4}\b`, score: 0.6 }] },
      ],
    });
    expect(body).toMatchObject([
      { entity_type: 'BADGE', start: 6, end: 13, score: 0.6 },
      { entity_type: 'EMAIL_ADDRESS', start: 54 },
    ]);
  });

  it('looks for all types where the list of them is empty, as Presidio does, and takes what its clients send', async () => {
    const sent = { text, entities: [], correlation_id: '1', return_decision_process: false };
    expect((await ask('analyze', sent)).body).toHaveLength(3);
  });

  it('shows the address of a street as a place, as Presidio does, but to whoever names its type', async () => {
    const home = { text: 'Her home is 12 Elm Street' };
    const typesOf = async (more: object): Promise<unknown> =>
      (await ask('analyze', { ...home, ...more })).body;
    expect(await typesOf({})).toMatchObject([{ entity_type: 'LOCATION', start: 12, end: 25 }]);
    expect(await typesOf({ entities: ['LOCATION'] })).toMatchObject([{ entity_type: 'LOCATION' }]);
    expect(await typesOf({ entities: ['STREET_ADDRESS'] })).toMatchObject([
      { entity_type: 'STREET_ADDRESS' },
    ]);
    const own = [{ supported_entity: 'STREET_ADDRESS', patterns: [{ regex: 'Her home' }] }];
    expect(await typesOf({ ad_hoc_recognizers: own })).toMatchObject([
      { entity_type: 'STREET_ADDRESS', start: 0 },
      { entity_type: 'STREET_ADDRESS', start: 12 },
    ]);
  });

  it('quotes nothing of a text that it refuses', async () => {
    const bodies = [
      { text: `Ada Moyo ${'x'.repeat(1_048_577)}` },
      { text, allow_list: ['Ada Moyo'.repeat(70)] },
    ];
    for (const body of bodies) {
      const { status, body: answer } = await ask('analyze', body);
      expect(status).toBe(400);
      expect(JSON.stringify(answer)).not.toContain('Ada');
    }
  });

  it.each([
    [{}, 'missing_value', 'text'],
    [{ text: 7 }, 'invalid_value', 'text'],
    [{ text, entities: ['SHOE_SIZE'] }, 'invalid_value', 'entities[0]'],
    [{ text, score_threshold: 2 }, 'invalid_value', 'score_threshold'],
    [
      { text, ad_hoc_recognizers: [{ supported_entity: 'X', patterns: [{ regex: '(a' }] }] },
      'invalid_value',
      'ad_hoc_recognizers',
    ],
    [{ text: 'x'.repeat(1_048_577) }, 'invalid_value', 'text'],
  ])('refuses %#', async (body, code, param) => {
    expect(await ask('analyze', body)).toMatchObject({ status: 400, body: { error: { code, param } } });
  });

  it('looks at a whole megabyte, and does not stand in the way of others', async () => {
    const long = `${'lorem ipsum dolor sit amet '.repeat(38_000)} mail a@b.example`;
    const [whole, short] = await Promise.all([ask('analyze', { text: long }), client.post({ prompt: '' })]);
    expect(short.status).toBe(400);
    expect(whole.body).toMatchObject([{ entity_type: 'EMAIL_ADDRESS', end: long.length }]);
  });

  it('is refused without a key that may ask, and writes no text into the log', async () => {
    const response = await client.post({ text }, { path: '/v1/pii/analyze', apiKey: 'none' });
    expect(response.status).toBe(401);
    const analyst = ingress.client({ roles: ['analyst'] });
    expect((await analyst.post({ text }, { path: '/v1/pii/analyze' })).status).toBe(403);
    expect(ingress.log.join('')).not.toMatch(/4111|Moyo|7946/u);
  });
});

describe('POST /v1/pii/anonymize', () => {
  it('replaces, masks, redacts and keeps by type', async () => {
    expect(await ask('anonymize', { text })).toMatchObject({
      body: { text: '😀 Call <PERSON> on <PHONE_NUMBER>, card <CREDIT_CARD>.' },
    });
    const { body } = await ask('anonymize', {
      text,
      anonymizers: {
        DEFAULT: { type: 'redact' },
        PERSON: { type: 'replace', new_value: 'X' },
        CREDIT_CARD: { type: 'mask', masking_char: '#', chars_to_mask: 14 },
      },
    });
    expect(body).toMatchObject({
      text: '😀 Call X on , card ##############11 1111.'.replace(
        '##############11 1111',
        `${'#'.repeat(14)} 1111`,
      ),
      items: [
        { operator: 'replace', entity_type: 'PERSON', start: 8, end: 9, text: 'X' },
        { operator: 'redact', entity_type: 'PHONE_NUMBER', text: '' },
        { operator: 'mask', entity_type: 'CREDIT_CARD' },
      ],
    });
  });

  it('does to addresses of streets what is said of places, or of them', async () => {
    const home = 'Her home is 12 Elm Street';
    const kept = { LOCATION: { type: 'keep' } };
    const expected = [
      [{}, 'Her home is <LOCATION>'],
      [kept, home],
      [{ ...kept, STREET_ADDRESS: { type: 'replace' } }, 'Her home is <STREET_ADDRESS>'],
    ] as const;
    for (const [anonymizers, changed] of expected)
      expect((await ask('anonymize', { text: home, anonymizers })).body).toMatchObject({ text: changed });
  });

  it('takes what was found before, if it lies within the text', async () => {
    const results = [{ entity_type: 'PERSON', start: 0, end: 3, score: 1 }];
    expect(await ask('anonymize', { text: 'Ada came', analyzer_results: results })).toMatchObject({
      body: { text: '<PERSON> came' },
    });
    expect(await ask('anonymize', { text: 'Ad', analyzer_results: results })).toMatchObject({
      status: 400,
      body: { error: { param: 'analyzer_results' } },
    });
  });
});

describe('with a model of names', () => {
  it('finds what the model finds, and does not start with one that is damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-pii-'));
    const start = async (): Promise<IngressTest> =>
      startIngressTest(await startTestNats(), undefined, { nameModel: folder });
    await expect(start()).rejects.toMatchObject({
      code: 'part_missing',
      message: expect.stringContaining('config.json') as string,
    });
    await writeTokenClassifier(folder);
    const own = await start();
    const response = await own
      .client()
      .post({ text: 'lagos: ben okri, a@b.example' }, { path: '/v1/pii/anonymize' });
    expect(await response.json()).toMatchObject({ text: '<LOCATION>: <PERSON>, <EMAIL_ADDRESS>' });
    expect((await own.metrics.expose()).body).toContain('millrace_pii_model_seconds_count 1');
    await own.stop();
    await rm(folder, { recursive: true });
  });
});
