import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inTransaction, trainingExamples } from '@millrace/store';
import { setDataPolicy } from '../policy/data-policy.ts';
import type { DataSubject } from '../data-subject.ts';
import { never, startPersonalDataTest, type PersonalDataTest } from '../personal-data.fixture.ts';
import { exportExamples, withdrawExamples } from './examples.ts';
import { keepExample, requireTrainingAllowed, type ConsentedAnswer } from './keep-example.ts';
import { maskExample } from './mask-example.ts';

let test: PersonalDataTest;

beforeEach(async () => {
  test = await startPersonalDataTest();
});
afterEach(() => test.stop());

const dayMs = 24 * 60 * 60_000;
const withdraw = (subject: DataSubject & { readonly requestId?: string }) =>
  inTransaction(test.dependencies.database, (transaction) => withdrawExamples(transaction, subject));

const allow = (trainingAllowed: boolean, trainingMs: number | null = null) =>
  setDataPolicy(test.dependencies, 'acme', {
    zeroRetention: false,
    jobsMs: null,
    filesMs: null,
    answersMs: null,
    trainingAllowed,
    trainingMs,
  });

function answerOf(changes: Partial<ConsentedAnswer> = {}): ConsentedAnswer {
  return {
    tenant: 'acme',
    keyId: 'k-anna',
    user: 'usr_anna',
    requestId: randomUUID(),
    model: 'model',
    content: { messages: [{ role: 'user', content: 'Write to anna@example.com.' }] },
    text: 'Dear anna@example.com, hello.',
    toolCalls: [],
    finishReason: 'stop',
    ...changes,
  };
}

async function exported(model?: string): Promise<readonly unknown[]> {
  const lines: unknown[] = [];
  for await (const line of exportExamples(test.dependencies, { tenant: 'acme', model }, never))
    lines.push(JSON.parse(line));
  return lines;
}

it('keeps a prompt and its answer sealed and without personal data, and exports them in the chat format', async () => {
  await allow(true);
  expect(await keepExample(test.dependencies, answerOf())).toBe(true);
  expect(await exported()).toEqual([
    {
      messages: [
        { role: 'user', content: 'Write to <EMAIL_1>.' },
        { role: 'assistant', content: 'Dear <EMAIL_1>, hello.' },
      ],
    },
  ]);
  const [row] = await test.dependencies.database.select().from(trainingExamples);
  expect(Buffer.from(row?.content ?? []).toString('latin1')).not.toContain('hello');
  expect((row?.expiresAt.getTime() ?? 0) - (row?.createdAt.getTime() ?? 0)).toBe(90 * dayMs);
});

it('keeps nothing where the tenant does not allow it, and says so to who asks', async () => {
  expect(await keepExample(test.dependencies, answerOf())).toBe(false);
  await allow(true);
  await allow(false);
  expect(await keepExample(test.dependencies, answerOf())).toBe(false);
  expect(await exported()).toEqual([]);
  const policies = { of: () => ({ zeroRetention: false, trainingAllowed: false }) };
  expect(() => requireTrainingAllowed(policies, 'acme')).toThrow(
    expect.objectContaining({ code: 'permission_denied', param: 'consent' }),
  );
});

it.for(['length', 'cancelled'])('keeps no answer that ended with %s', async (finishReason) => {
  await allow(true);
  expect(await keepExample(test.dependencies, answerOf({ finishReason }))).toBe(false);
});

it('keeps a request once, for as long as the policy says', async () => {
  await allow(true, dayMs);
  const answer = answerOf();
  await keepExample(test.dependencies, answer);
  await keepExample(test.dependencies, answer);
  const rows = await test.dependencies.database.select().from(trainingExamples);
  expect(rows.map(({ createdAt, expiresAt }) => expiresAt.getTime() - createdAt.getTime())).toEqual([dayMs]);
});

it('withdraws that of a request, of a user, and of the tenant', async () => {
  await allow(true);
  const { dependencies } = test;
  const one = answerOf();
  for (const answer of [
    one,
    answerOf(),
    answerOf({ user: 'usr_bert' }),
    answerOf({ user: null, keyId: 'k-acme', model: 'b' }),
  ])
    await keepExample(dependencies, answer);
  const anna = { tenant: 'acme', user: 'usr_anna' };
  const ofBert = { tenant: 'acme', user: 'usr_bert', requestId: one.requestId };
  expect(await withdraw(ofBert)).toBe(0);
  expect(await withdraw({ ...anna, requestId: one.requestId })).toBe(1);
  expect(await withdraw(anna)).toBe(1);
  expect(await exported('b')).toHaveLength(1);
  expect(await withdraw({ tenant: 'other', user: null })).toBe(0);
  expect(await withdraw({ tenant: 'acme', user: null })).toBe(2);
});

it('leaves out what a user has taken back with its key', async () => {
  await allow(true);
  await keepExample(test.dependencies, answerOf());
  await keepExample(test.dependencies, answerOf({ user: null }));
  await test.dependencies.sealing.eraseUser('acme', 'usr_anna');
  expect(await exported()).toHaveLength(1);
});

it('masks what tools are called with, and leaves JSON what it is', () => {
  const call = {
    id: 'c',
    type: 'function',
    function: { name: 'mail', arguments: '{"to":"a@b.example","n":2}' },
  } as const;
  const { messages } = maskExample({
    messages: [
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', content: '[1, 2]', tool_call_id: 'c' },
      { role: 'user', content: '{not JSON a@b.example' },
    ],
  });
  expect(messages[0]?.tool_calls?.[0]?.function.arguments).toBe('{"to":"<EMAIL_1>","n":2}');
  expect(messages[1]?.content).toBe('[1, 2]');
  expect(messages[2]?.content).toBe('{not JSON <EMAIL_1>');
});
