import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '@millrace/store';
import { principal, startJobsTest, type JobsTest } from './jobs.fixture.ts';
import { createKeptAnswers, type KeptAnswers } from './kept-answers.ts';

let test: JobsTest;
let answers: KeptAnswers;

beforeAll(async () => {
  test = await startJobsTest();
  answers = createKeptAnswers(test.dependencies);
});

afterAll(() => test.stop());

const answer = { status: 202, body: { id: 'job_1' } };
const work = async () => answer;

it('does the work once for a key, however many ask at the same time', async () => {
  let count = 0;
  const ask = () =>
    answers.once({ principal, key: 'once', digest: 'a' }, async () => {
      count += 1;
      return answer;
    });
  const given = await Promise.all([ask(), ask(), ask()]);
  expect(given.map((each) => each.answer)).toEqual([answer, answer, answer]);
  expect(given.filter(({ isReplay }) => isReplay)).toHaveLength(2);
  expect(count).toBe(1);
});

it('refuses the key with another request, and not that of another tenant or end user', async () => {
  await answers.once({ principal, key: 'mine', digest: 'a' }, work);
  await expect(answers.once({ principal, key: 'mine', digest: 'b' }, work)).rejects.toMatchObject({
    code: 'idempotency_key_reused',
  });
  for (const other of [
    { ...principal, tenant: 'other' },
    { ...principal, roles: ['end-user'] },
  ])
    expect(await answers.once({ principal: other, key: 'mine', digest: 'b' }, work)).toMatchObject({
      isReplay: false,
    });
});

it('leaves the key free where the work fails, and after a day', async () => {
  const failing = answers.once({ principal, key: 'fails', digest: 'a' }, () =>
    Promise.reject(new Error('no')),
  );
  await expect(failing).rejects.toThrow('no');
  const again = () => answers.once({ principal, key: 'fails', digest: 'b' }, work);
  expect((await again()).isReplay).toBe(false);
  expect((await again()).isReplay).toBe(true);
  await test.dependencies.clock.advance(24 * 3_600_000 + 1);
  expect((await again()).isReplay).toBe(false);
});

it('holds a key until its request is answered or given up', async () => {
  const key = 'held';
  const held = await answers.hold({ principal, key });
  await expect(answers.hold({ principal, key })).rejects.toMatchObject({ code: 'idempotency_key_in_use' });
  if (typeof held === 'function') throw new Error('the key was answered');
  await held.giveBack();
  const next = await answers.hold({ principal, key });
  if (typeof next === 'function') throw new Error('the key was answered');
  await inTransaction(test.dependencies.database, (transaction) =>
    next.answer(transaction, 'digest', answer),
  );
  const look = await answers.hold({ principal, key });
  if (typeof look !== 'function') throw new Error('the key was not answered');
  expect(look('digest')).toEqual(answer);
  expect(() => look('other')).toThrow(/another request/);
});
