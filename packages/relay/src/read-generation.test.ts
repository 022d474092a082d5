import { describe, expect, it } from 'vitest';
import { compileValidator } from '@millrace/runtime';
import { generationProperties, type GenerationBody } from './generation-schema.ts';
import { readGeneration } from './read-generation.ts';

const validate = compileValidator<GenerationBody>({
  type: 'object',
  additionalProperties: false,
  properties: generationProperties,
});
const read = (body: object) => readGeneration(validate({ prompt: 'Hello', ...body }));
const tool = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };

describe('readGeneration', () => {
  it('fills in what changes nothing', () => {
    expect(read({})).toEqual({
      operation: 'generate',
      model: undefined,
      cache: 'AUTO',
      content: { messages: [{ role: 'user', content: 'Hello' }], stop: [] },
      parameters: {
        max_tokens: 256,
        temperature: 0.7,
        top_k: 0,
        top_p: 1,
        min_p: 0,
        repetition_penalty: 1,
        presence_penalty: 0,
        frequency_penalty: 0,
        n: 1,
        logprobs: null,
      },
      isMaxTokensGiven: false,
      seed: undefined,
      priority: 'NORMAL',
      timeoutMs: undefined,
    });
  });

  it('takes what is asked for', () => {
    const sampling = {
      min_p: 0.1,
      repetition_penalty: 1.2,
      presence_penalty: -2,
      frequency_penalty: 2,
      n: 16,
    };
    const format = { type: 'json_schema', json_schema: { name: 'x', schema: { anyOf: [{}] }, strict: true } };
    const generation = read({
      ...sampling,
      logit_bias: { 0: -100, 49151: 100 },
      logprobs: true,
      top_logprobs: 20,
      response_format: format,
      tools: [tool],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      priority: 'high',
      timeout_ms: 1_000,
    });
    expect(generation.parameters).toMatchObject({ ...sampling, logprobs: 20 });
    expect(generation.content).toMatchObject({
      logit_bias: { 0: -100, 49151: 100 },
      response_format: format,
      tools: [tool],
      tool_choice: { type: 'function', function: { name: 'weather' } },
    });
    expect(generation).toMatchObject({ priority: 'HIGH', timeoutMs: 1_000 });
  });

  it('reports the token alone where no others are asked for', () => {
    expect(read({ logprobs: true }).parameters.logprobs).toBe(0);
  });

  it('carries nothing for a free answer', () => {
    const { content } = read({ response_format: { type: 'text' }, logit_bias: {} });
    expect(Object.keys(content)).toEqual(['messages', 'stop']);
  });

  it.each([
    [{ min_p: 1.1 }, 'invalid_value', 'min_p'],
    [{ repetition_penalty: 0 }, 'invalid_value', 'repetition_penalty'],
    [{ presence_penalty: 2.1 }, 'invalid_value', 'presence_penalty'],
    [{ frequency_penalty: -2.1 }, 'invalid_value', 'frequency_penalty'],
    [{ n: 17 }, 'invalid_value', 'n'],
    [{ logprobs: 5 }, 'invalid_value', 'logprobs'],
    [{ logprobs: true, top_logprobs: 21 }, 'invalid_value', 'top_logprobs'],
    [{ top_logprobs: 2 }, 'conflicting_values', 'top_logprobs'],
    [{ logit_bias: { 5: 101 } }, 'invalid_value', 'logit_bias[5]'],
    [{ logit_bias: { '-5': 1 } }, 'invalid_value', 'logit_bias'],
    [{ logit_bias: { secret: 1 } }, 'invalid_value', 'logit_bias'],
    [
      { logit_bias: Object.fromEntries(Array.from({ length: 301 }, (_, id) => [id, 1])) },
      'invalid_value',
      'logit_bias',
    ],
    [{ response_format: { type: 'xml' } }, 'invalid_value', 'response_format.type'],
    [{ response_format: { type: 'json_schema' } }, 'missing_value', 'response_format.json_schema'],
    [{ tools: [{ ...tool, type: 'shell' }] }, 'invalid_value', 'tools[0].type'],
    [{ tool_choice: 'auto' }, 'conflicting_values', 'tool_choice'],
    [
      { tools: [tool], tool_choice: { type: 'function', function: { name: 'other' } } },
      'invalid_value',
      'tool_choice.function.name',
    ],
    [{ priority: 'urgent' }, 'invalid_value', 'priority'],
    [{ timeout_ms: 0 }, 'invalid_value', 'timeout_ms'],
  ])('refuses %j with %s of %s', (body, code, param) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code, param }));
    expect(() => read(body)).not.toThrow(/secret|other/u);
  });

  it('refuses a schema without end', () => {
    let schema: object = {};
    for (let depth = 0; depth < 1_000; depth += 1) schema = { items: schema };
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } };
    expect(() => read({ response_format })).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'response_format' }),
    );
  });

  it('counts tools as content', () => {
    const large = { ...tool, function: { name: 'x', parameters: { const: 'x'.repeat(1024 * 1024) } } };
    expect(() => read({ tools: [large] })).toThrow(expect.objectContaining({ code: 'payload_too_large' }));
  });
});
