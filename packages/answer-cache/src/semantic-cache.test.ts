import { array, assert, asyncProperty, constantFrom, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerOf, never, requestOf, startCache, type RequestChanges } from './answer-cache.fixture.ts';

/** Texts by the number of their words: those of nearly the same length mean about the same. */
async function embed(text: string): Promise<Float32Array> {
  const angle = text.split(' ').length / 10;
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
}

const acme = { semanticThresholds: new Map([['acme', 0.99]]), embed };
const drawn = { parameters: { temperature: 0.7 } } as const;

describe('a tenant that has a semantic cache', () => {
  it('has the answer to a request that means about the same, with how much it is like it', async () => {
    const { cache, ask, sampleOf } = startCache(acme);
    await ask(requestOf('what is the capital of France', drawn), answerOf('first'));
    const found = await cache.lookUp(requestOf('which town is the capital of France', drawn), never);
    expect(found).toMatchObject({ kind: 'hit', hit: { kind: 'SEMANTIC', request_id: 'first' } });
    expect(found?.kind === 'hit' && found.hit.similarity).toBeCloseTo(Math.cos(0.1), 5);
    expect(await sampleOf('millrace_answer_cache_hits_total{model="m",kind="semantic"}')).toBe(1);
    expect(await ask(requestOf('hello', drawn), answerOf('other'))).toBe('miss');
  });

  it('may do without it in a request', async () => {
    const { ask } = startCache(acme);
    await ask(requestOf('what is this', drawn), answerOf('first'));
    expect(await ask(requestOf('what is this', { ...drawn, cache: 'NONE' }), answerOf('b'))).toBeUndefined();
  });

  it('is asked for a request with its own words first', async () => {
    const { ask, cache } = startCache(acme);
    await ask(requestOf('one two three'), answerOf('near'));
    const found = await cache.lookUp(requestOf('one two three'), never);
    expect(found).toMatchObject({ hit: { kind: 'EXACT', similarity: 1 } });
  });
});

it.for([
  ['another tenant', { tenant: 'other' }],
  ['another model', { model: 'other' }],
  ['another version', { modelVersion: '2' }],
  ['another parameter', { parameters: { temperature: 0.6 } }],
  ['other personal data', { personal_data: ['EMAIL'] }],
  ['other stop strings', { content: { stop: ['.'] } }],
  ['another form of the answer', { content: { response_format: { type: 'json_object' } } }],
  [
    'another system prompt',
    {
      content: {
        messages: [
          { role: 'system', content: 'Be brief' },
          { role: 'user', content: 'what is this' },
        ],
      },
    },
  ],
  ['tools', { content: { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] } }],
  ['a task', { operation: 'summarize' }],
] as const)('a request with %s has nothing of it', async ([, changes]) => {
  const { ask } = startCache({
    ...acme,
    semanticThresholds: new Map([
      ['acme', 0.5],
      ['other', 0.5],
    ]),
  });
  await ask(requestOf('what is this', drawn), answerOf('first'));
  const answer = await ask(
    requestOf('what is this', { ...drawn, ...(changes as RequestChanges) }),
    answerOf('b'),
  );
  expect(answer).not.toBe('first');
});

it.for([
  ['17 plus 4', '17 plus 5'],
  ['mail <EMAIL_1> now', 'mail <EMAIL_2> now'],
] as const)('numbers and placeholders are the same, or the answer is another: %s', async ([one, other]) => {
  const { ask } = startCache(acme);
  await ask(requestOf(one, drawn), answerOf('first'));
  expect(await ask(requestOf(other, drawn), answerOf('second'))).toBe('miss');
});

it('is out of use where a text cannot be embedded', async () => {
  const failures: unknown[] = [];
  const { ask } = startCache({
    ...acme,
    embed: () => Promise.reject(new Error('broken')),
    onEmbeddingFailed: (error) => failures.push(error),
  });
  expect(await ask(requestOf('what is this', drawn), answerOf('first'))).toBeUndefined();
  expect(await ask(requestOf('what is this'), answerOf('first'))).toBe('miss');
  expect(await ask(requestOf('what is this'), answerOf('first'))).toBe('first');
  expect(failures).toHaveLength(2);
});

interface Asked {
  readonly text: string;
  readonly tenant: string;
  readonly model: string;
  readonly modelVersion: string;
  readonly personal: readonly string[];
  readonly system: string;
  readonly temperature: number;
  readonly cache: 'AUTO' | 'WANTED' | 'NONE';
}

const asked = record<Asked>({
  text: constantFrom('a', 'a b', 'a 1 b', 'a 2 b', '<EMAIL_1> b'),
  tenant: constantFrom('acme', 'other', 'third'),
  model: constantFrom('m', 'n'),
  modelVersion: constantFrom('1', '2'),
  personal: constantFrom<(readonly string[])[]>([], ['EMAIL']),
  system: constantFrom('', 'Be brief'),
  temperature: constantFrom(0, 0.7),
  cache: constantFrom('AUTO', 'WANTED', 'NONE'),
});

function requestFor({ text, personal, system, temperature, ...event }: Asked) {
  const messages = [
    ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
    { role: 'user' as const, content: text },
  ];
  return requestOf(text, {
    ...event,
    personal_data: personal,
    parameters: { temperature },
    content: { messages },
  });
}

it('never gives an answer across tenants or anything else that counts, in whatever order requests come', async () => {
  const semanticThresholds = new Map([
    ['acme', 0.5],
    ['other', 0.5],
  ]);
  const requests = array(asked, { minLength: 2, maxLength: 60 });
  await assert(
    asyncProperty(requests, async (all) => {
      const { ask } = startCache({ semanticThresholds, embed });
      for (const [index, request] of all.entries()) {
        const source = all[Number(await ask(requestFor(request), answerOf(String(index))))];
        if (source === undefined) continue;
        const { text, cache, ...fixed } = request;
        expect(source).toMatchObject(fixed);
        expect([cache, source.cache]).not.toContain('NONE');
        expect(source.text.match(/<EMAIL_1>|\d/gu)).toEqual(text.match(/<EMAIL_1>|\d/gu));
        expect(request.tenant !== 'third' || source.text === text).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});
