import { afterAll, describe, expect, it } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { systemClock } from '@millrace/runtime';
import type { JsonSchema } from '@millrace/stage';
import { GrammarPool } from '../grammar/pool/grammar-pool.ts';
import { answerGrammar } from '../grammar/answer-grammar.ts';
import { encodeVocabulary } from '../grammar/pool/vocabulary.ts';
import { loadTokenizer } from '../text/tokenizer.ts';
import { collect, generationOf, type Collected } from './engine-fixture.ts';
import { createEngine } from './engine.ts';
import type { Generation } from './generation.ts';
import { createOnnxRunner } from './onnx-runner.ts';

const modelDir = process.env['MILLRACE_MODEL_DIR'] ?? '';
const tokenizer = await loadTokenizer(modelDir);
const runner = await createOnnxRunner({
  modelDir,
  threads: 2,
  slots: 4,
  kvMemoryBytes: 256 * 1024 ** 2,
  contextLength: 512,
});
const endTokens = new Set([2]);
const tokenBytes = (token: number): Uint8Array => tokenizer.tokenBytes(token);
const engine = createEngine({
  name: 'smollm2',
  version: '1',
  runner,
  tokenBytes,
  endTokens,
  clock: systemClock,
});
const grammars = new GrammarPool({
  vocabulary: encodeVocabulary(runner.vocabularySize, tokenBytes, endTokens),
  clock: systemClock,
});
const signal = new AbortController().signal;

afterAll(async () => {
  await engine.stop();
  await grammars.stop();
});

const prompt = (text: string): Int32Array =>
  tokenizer.encode(`<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n`, { specialTokens: true });

const leaseOf = async (schema: JsonSchema | undefined) => {
  const format =
    schema === undefined
      ? ({ type: 'json_object' } as const)
      : ({ type: 'json_schema', json_schema: { name: 'x', schema } } as const);
  const { grammar } = answerGrammar({ response_format: format }, 'smollm2', undefined) ?? { grammar: '' };
  return grammars.lease(grammar, signal);
};

async function generate(schema: JsonSchema | undefined, changes: Partial<Generation>): Promise<Collected> {
  const lease = await leaseOf(schema);
  try {
    const promptTokens = prompt('Describe a person called Ada as JSON.');
    return await collect(
      engine.generate(generationOf({ promptTokens, maxTokens: 100, form: lease, ...changes })),
    );
  } finally {
    lease.release();
  }
}

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 12 },
    age: { type: 'integer', minimum: 18, maximum: 120 },
    email: { type: ['string', 'null'], enum: ['ada@example.com', null] },
    langs: { type: 'array', items: { enum: ['en', 'fr', 'de'] }, minItems: 1, maxItems: 3 },
  },
  required: ['name', 'age', 'langs'],
  additionalProperties: false,
} satisfies JsonSchema;

const schemas: Readonly<Record<string, JsonSchema>> = {
  person,
  union: {
    anyOf: [
      { const: 'unknown' },
      {
        type: 'object',
        properties: { year: { type: 'integer', minimum: 1800, maximum: 1900 } },
        required: ['year'],
      },
    ],
  },
  pattern: {
    type: 'object',
    properties: { code: { type: 'string', pattern: '^[A-Z]{2}-[0-9]{4}$' } },
    required: ['code'],
  },
  list: {
    $defs: {
      node: {
        type: 'object',
        properties: {
          value: { type: 'integer', minimum: 0, maximum: 9 },
          next: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/node' }] },
        },
        required: ['value', 'next'],
      },
    },
    $ref: '#/$defs/node',
  },
  score: {
    type: 'object',
    properties: { score: { type: 'number', minimum: 0, maximum: 1 }, good: { type: 'boolean' } },
    required: ['score', 'good'],
  },
};

const free = (seed: bigint): Partial<Generation> => ({
  promptTokens: prompt('Tell me a story.'),
  maxTokens: 24,
  seed,
  reproducible: true,
});

describe('a generation with a form', () => {
  it.each(Object.entries(schemas))('has it whenever it comes to its end: %s', async (_, schema) => {
    const validate = new Ajv2020({ strict: false, ownProperties: true }).compile(schema);
    // The hotter, the sooner a list comes to its end.
    const runs = [0, 1, 1.5, 2, 2].map((temperature, seed) =>
      generate(schema, { seed: BigInt(seed), temperature }),
    );
    const answers = await Promise.all(runs);
    const ended = answers.filter(({ finished }) => finished.reason === 'stop');
    expect(ended.length).toBeGreaterThan(0);
    for (const { text } of ended)
      expect({ text, valid: validate(JSON.parse(text)) }).toEqual({ text, valid: true });
    for (const { finished } of answers) expect(['stop', 'length']).toContain(finished.reason);
  });

  it('is an object where any object is wanted', async () => {
    const { text } = await generate(undefined, { temperature: 0, maxTokens: 200 });
    expect(text.startsWith('{')).toBe(true);
  });

  it('is cut by the most tokens, and says so', async () => {
    const { finished, tokens } = await generate(person, { maxTokens: 3, temperature: 0 });
    expect([finished.reason, tokens.length]).toEqual(['length', 3]);
  });

  it('keeps to its form under bias and penalties', async () => {
    const logitBias = new Map([...tokenizer.encode('hello {} [] 99')].map((token) => [token, 100]));
    const { text, finished } = await generate(schemas['pattern'], {
      logitBias,
      repetitionPenalty: 1.5,
      presencePenalty: 2,
      seed: 3n,
    });
    expect([finished.reason, /^\{"code": "[A-Z]{2}-[0-9]{4}"\}$/u.test(text)]).toEqual(['stop', true]);
  });

  it('leaves the others in its batch as they are', async () => {
    const alone = await collect(engine.generate(generationOf(free(5n))));
    const [together] = await Promise.all([
      collect(engine.generate(generationOf(free(5n)))),
      generate(person, { seed: 1n }),
      generate(schemas['score'], { seed: 2n, temperature: 0 }),
    ]);
    expect(together.tokens).toEqual(alone.tokens);
  });

  it('has it also where it goes on behind what was published', async () => {
    const validate = new Ajv2020({ strict: false }).compile(person);
    const whole = await generate(person, { seed: 9n });
    for (const length of [1, 5, whole.tokens.length - 1, whole.tokens.length]) {
      const continuation = Int32Array.from(whole.tokens.slice(0, length));
      const rest = await generate(person, { seed: 9n, continuation });
      const text = (rest.resumed ?? '') + rest.text;
      expect(rest.finished.reason).toBe('stop');
      expect({ text, valid: validate(JSON.parse(text)) }).toEqual({ text, valid: true });
      expect(text.startsWith(rest.resumed ?? '')).toBe(true);
    }
  });

  it('fails alone when what was published does not fit its form', async () => {
    const other = collect(engine.generate(generationOf({ promptTokens: prompt('Hi'), maxTokens: 8 })));
    const broken = generate(person, { continuation: tokenizer.encode('Once upon') });
    await expect(broken).rejects.toMatchObject({ code: 'engine_failed' });
    expect((await other).tokens.length).toBeGreaterThan(0);
    expect(engine.healthy).toBe(true);
  });

  it('gives back what it took, however it ends', async () => {
    const stop = new AbortController();
    const cancelled = generate(person, { signal: stop.signal });
    const whole = generate(person, { temperature: 0 });
    stop.abort();
    await Promise.all([cancelled, whole]);
    await expect.poll(() => grammars.size.answers).toBe(0);
    expect(grammars.size.grammars).toBeLessThanOrEqual(4);
  });
});
