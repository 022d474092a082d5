import { expect, it } from 'vitest';
import { answerOf, describe as shortOf, never, requestOf, startCache } from './answer-cache.fixture.ts';

it('gives the same request the same answer, whoever of the tenant asks and however urgent it is', async () => {
  const { ask, sampleOf } = startCache();
  expect(await ask(requestOf('capital?'), answerOf('first'))).toBe('miss');
  expect(await ask(requestOf('capital?', { priority: 'HIGH' }), answerOf('second'))).toBe('first');
  expect(await sampleOf('millrace_answer_cache_hits_total{model="m",kind="exact"}')).toBe(1);
  expect(await sampleOf('millrace_answer_cache_misses_total')).toBe(1);
  expect(await sampleOf('millrace_answer_cache_saved_tokens_total')).toBe(8);
});

it.for([
  ['chance decides', { parameters: { temperature: 0.7 } }, undefined],
  ['the client chose the seed', { parameters: { temperature: 0.7, seed: 3 } }, 'first'],
  ['the client wants it', { parameters: { temperature: 0.7 }, cache: 'WANTED' }, 'first'],
  ['the client forbids it', { cache: 'NONE' }, undefined],
  ['texts are embedded', { operation: 'embed', parameters: { temperature: 1 } }, 'first'],
] as const)('where %s', async ([, changes, expected]) => {
  const { ask } = startCache();
  await ask(requestOf('capital?', changes), answerOf('first'));
  expect(await ask(requestOf('capital?', changes), answerOf('second'))).toBe(expected);
});

it('forgets an answer after its time, and its memory with it', async () => {
  const { ask, clock, sampleOf } = startCache();
  await ask(requestOf('capital?'), answerOf('first'));
  await clock.advance(59_999);
  expect(await ask(requestOf('capital?'), answerOf('second'))).toBe('first');
  await clock.advance(30_001);
  expect(await sampleOf('millrace_answer_cache_bytes')).toBe(0);
  expect(await sampleOf('millrace_answer_cache_evictions_total{model="m",reason="age"}')).toBe(1);
  expect(await ask(requestOf('capital?'), answerOf('third'))).toBe('miss');
});

it('stays within its bytes: the least recently used answers go first', async () => {
  const { ask, sampleOf } = startCache({ maxBytes: 3_500 });
  const text = 'x'.repeat(400);
  for (const name of ['a', 'b', 'c']) await ask(requestOf(name), answerOf(name, text));
  expect(await ask(requestOf('a'), answerOf('again'))).toBe('a');
  await ask(requestOf('d'), answerOf('d', text));
  expect(await sampleOf('millrace_answer_cache_bytes')).toBeLessThanOrEqual(3_500);
  expect(await sampleOf('millrace_answer_cache_evictions_total{model="m",reason="size"}')).toBe(1);
  expect(await ask(requestOf('a'), answerOf('again'))).toBe('a');
  expect(await ask(requestOf('b'), answerOf('again'))).toBe('miss');
});

it('does not keep an answer that is larger than all of it, nor one that did not end by itself', async () => {
  const { ask } = startCache({ maxBytes: 2_000 });
  await ask(requestOf('long'), answerOf('long', 'x'.repeat(2_000)));
  expect(await ask(requestOf('long'), answerOf('again'))).toBe('miss');
  await ask(requestOf('cut'), answerOf('cut', 'Par', 'cancelled'));
  expect(await ask(requestOf('cut'), answerOf('again'))).toBe('miss');
});

it('does nothing where it has no memory', async () => {
  const { ask } = startCache({ maxBytes: 0 });
  await ask(requestOf('capital?'), answerOf('first'));
  expect(await ask(requestOf('capital?'), answerOf('second'))).toBeUndefined();
});

it('drops the answers of another version of the model, and only those', async () => {
  const { ask, cache, sampleOf } = startCache();
  await ask(requestOf('capital?'), answerOf('old'));
  await ask(requestOf('capital?', { model: 'other' }), answerOf('other'));
  expect(await ask(requestOf('capital?', { modelVersion: '2' }), answerOf('new'))).toBe('miss');
  cache.keepOnly({ model: 'm', modelVersion: '2' });
  expect(await sampleOf('millrace_answer_cache_answers')).toBe(2);
  expect(await sampleOf('millrace_answer_cache_evictions_total{model="m",reason="version"}')).toBe(1);
  expect(await ask(requestOf('capital?', { modelVersion: '2' }), answerOf('newer'))).toBe('new');
});

it('lets the same request be generated once, however many ask at the same time', async () => {
  const { cache } = startCache();
  const leader = await cache.lookUp(requestOf('capital?'), never);
  const others = Array.from({ length: 4 }, () => cache.lookUp(requestOf('capital?'), never));
  if (leader?.kind !== 'miss') throw new Error('It was not generated.');
  leader.keep(answerOf('leader'));
  leader.release();
  expect((await Promise.all(others)).map(shortOf)).toEqual(['leader', 'leader', 'leader', 'leader']);
});

it('lets one of those that wait go on where the first one has failed', async () => {
  const { cache } = startCache();
  const leader = await cache.lookUp(requestOf('capital?'), never);
  const [second, third] = ['second', 'third'].map(() => cache.lookUp(requestOf('capital?'), never));
  if (leader?.kind !== 'miss') throw new Error('It was not generated.');
  leader.release();
  const next = await second;
  if (next?.kind !== 'miss') throw new Error('It was not generated.');
  next.keep(answerOf('second'));
  expect(shortOf(await third)).toBe('second');
});

it('lets one that waits end by itself, and those that are in more of a hurry not wait at all', async () => {
  const { cache } = startCache();
  await cache.lookUp(requestOf('capital?', { priority: 'LOW' }), never);
  expect(shortOf(await cache.lookUp(requestOf('capital?', { priority: 'HIGH' }), never))).toBe('miss');
  const stopped = new AbortController();
  const waiting = cache.lookUp(requestOf('capital?', { priority: 'LOW' }), stopped.signal);
  stopped.abort();
  expect(await waiting).toBeUndefined();
});

it('forgets what a tenant was answered, also what is about to be kept, and nothing of others', async () => {
  const { ask, cache, sampleOf } = startCache();
  await ask(requestOf('capital?'), answerOf('first'));
  await ask(requestOf('capital?', { tenant: 'other' }), answerOf('theirs'));
  const asked = await cache.lookUp(requestOf('river?'), never);
  cache.forget('acme');
  if (asked?.kind === 'miss') asked.keep(answerOf('late'));
  if (asked?.kind === 'miss') asked.release();
  expect(await ask(requestOf('capital?'), answerOf('second'))).toBe('miss');
  expect(await ask(requestOf('river?'), answerOf('second'))).toBe('miss');
  expect(await ask(requestOf('capital?', { tenant: 'other' }), answerOf('second'))).toBe('theirs');
  expect(await sampleOf('millrace_answer_cache_evictions_total{model="m",reason="erased"}')).toBe(1);
});
