import { describe, expect, it } from 'vitest';
import type { ModelReady } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { ModelTable } from '@millrace/stage';
import { chooseModel, type RouteQuestion } from './choose-model.ts';
import type { Route } from './route.ts';

const ready = (name: string, operations: readonly string[] = ['generate']) =>
  ({ name, operations, context_length: 1_000 }) as unknown as ModelReady;

function tableOf(...models: readonly ModelReady[]): ModelTable {
  return {
    list: () => models,
    resolve(name) {
      const found = models.find((model) => model.name === name);
      if (found === undefined) throw new MillraceError('model_not_found', 'There is no such model.');
      return found;
    },
    stop: () => Promise.resolve(),
  };
}

const all = tableOf(ready('small'), ready('large'), ready('far'), ready('embedder', ['embed']));

function choose(route: Route, question: Partial<RouteQuestion> = {}, models = all) {
  const { model, fallbacks } = chooseModel(new Map([[route.name, route]]), models, {
    name: route.name,
    operation: 'generate',
    characters: 100,
    key: 'key',
    worstAmountWith: () => undefined,
    ...question,
  });
  return [model.name, ...fallbacks];
}

it('chooses among the models that the API key may ask for, and refuses where it may ask for none', () => {
  const route: Route = {
    name: 'auto',
    targets: [{ model: 'small' }, { model: 'large' }],
    fallbacks: ['far'],
  };
  expect(choose(route, { allowed: ['large'] })).toEqual(['large']);
  expect(choose(route, { allowed: ['far'] })).toEqual(['far']);
  expect(() => choose(route, { allowed: ['embedder'] })).toThrow(
    'The API key may not ask for the model "auto": it may ask for embedder.',
  );
  expect(() => choose(route, { name: 'small', allowed: ['large'] })).toThrow(
    /may not ask for the model "small"/,
  );
});

describe('a route with weights', () => {
  const route: Route = {
    name: 'auto',
    targets: [
      { model: 'small', weight: 3 },
      { model: 'large', weight: 1 },
    ],
    fallbacks: ['far', 'large'],
  };

  it('spreads requests by weight, and sends the same one the same way', () => {
    const chosen = Array.from({ length: 1_000 }, (_, index) => choose(route, { key: `request-${index}` })[0]);
    const small = chosen.filter((name) => name === 'small').length;
    expect(small).toBeGreaterThan(690);
    expect(small).toBeLessThan(810);
    expect(new Set(Array.from({ length: 10 }, () => choose(route, { key: 'same' })[0])).size).toBe(1);
  });

  it('leaves out models that are not loaded, and those that stand by already', () => {
    const without = tableOf(ready('large'), ready('far'));
    for (let index = 0; index < 20; index += 1)
      expect(choose(route, { key: String(index) }, without)).toEqual(['large', 'far']);
    expect(choose(route, {}, tableOf(ready('far')))).toEqual(['far']);
  });

  it('says that none of its models is there, or can do what is asked for', () => {
    const unavailable = expect.objectContaining({ code: 'unavailable', retryable: true });
    expect(() => choose(route, {}, tableOf(ready('other')))).toThrow(unavailable);
    expect(() => choose(route, { operation: 'embed' })).toThrow(unavailable);
  });
});

describe('a route with rules', () => {
  const route: Route = {
    name: 'smart',
    rules: [
      { model: 'small', when: { maxCharacters: 1_000, maxCost: '0.01' } },
      { model: 'embedder', when: { operations: ['embed'] } },
      { model: 'large', when: { minCharacters: 500 } },
      { model: 'far' },
    ],
  };
  const cheap = { worstAmountWith: () => '0.01' };

  it('goes by length, task and budget', () => {
    expect(choose(route, { ...cheap, characters: 1_000 })).toEqual(['small']);
    expect(choose(route, { ...cheap, characters: 1_001 })).toEqual(['large']);
    expect(choose(route, { characters: 499, worstAmountWith: () => '0.0100000001' })).toEqual(['far']);
    expect(choose(route, { characters: 10, operation: 'embed' })).toEqual(['embedder']);
  });

  it('takes a model without a price for too dear', () => {
    expect(choose(route, { characters: 10 })).toEqual(['far']);
  });
});

it('a route of the name of a model gives it fallbacks', () => {
  const route: Route = { name: 'small', rules: [{ model: 'small' }], fallbacks: ['far'] };
  expect(choose(route)).toEqual(['small', 'far']);
});

it('what is no route is a model', () => {
  const question = {
    operation: 'generate',
    characters: 1,
    key: 'k',
    worstAmountWith: () => undefined,
  } as const;
  expect(chooseModel(new Map(), all, { ...question, name: 'large' })).toMatchObject({
    model: { name: 'large' },
    fallbacks: [],
    route: undefined,
  });
  expect(() => chooseModel(new Map(), all, { ...question, name: 'none' })).toThrow(
    expect.objectContaining({ code: 'model_not_found' }),
  );
});
