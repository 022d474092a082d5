import { eq } from '@millrace/store/sql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { subjects, type RequestReceived } from '@millrace/contracts';
import { platformPlace } from '@millrace/control-plane';
import { MillraceError } from '@millrace/runtime';
import { openContent, type RequestContent } from '@millrace/stage';
import { closingOf, readAll } from '@millrace/stage/testing';
import { deadLetters } from '@millrace/store';
import { carryOutReplays } from './carry-out.ts';
import { countLetters } from './count-letters.ts';
import { startDeadLettersTest, type DeadLettersTest } from './dead-letters.fixture.ts';
import { discardUnkept } from './discard-unkept.ts';
import { findLetter, listLetters, placeOfLetter, type LetterFilter } from './letters.ts';
import { showContent } from './show-content.ts';

const never = new AbortController().signal;

let test: DeadLettersTest;
beforeAll(async () => {
  test = await startDeadLettersTest();
}, 60_000);
afterAll(() => test.stop());
beforeEach(async () => {
  await test.dependencies.database.delete(deadLetters);
  await test.dependencies.bus.purge('DEADLETTER', 'mr.deadletter.>');
  await test.dependencies.bus.purge('RECEIVED', 'mr.request.received.>');
});

const ask = (content: string): RequestContent => ({ messages: [{ role: 'user', content }], stop: [] });
const carryOut = () => carryOutReplays(test.dependencies, never);

async function list(filter: LetterFilter = {}, place = platformPlace) {
  const { data } = await listLetters(test.dependencies, place, { limit: 100, ...filter });
  return data.map(({ id }) => id);
}

async function statusOf(letter: string) {
  const { status, failure, replayRequestId } = await findLetter(test.dependencies, letter);
  return { status, failure, replayRequestId };
}

/** What waits for admission, with its content. */
async function received(
  tenant: string,
): Promise<readonly (RequestReceived & { readonly asked: RequestContent })[]> {
  const { bus, codec, sealing } = test.dependencies;
  const messages = await readAll(bus.read('RECEIVED', subjects.received(tenant)));
  return Promise.all(
    messages.map(async ({ payload }) => {
      const event = codec.decode('request.received', payload);
      const box = await sealing.forUser(tenant, event.principal.user_id);
      return { ...event, asked: openContent(box, event.request_id, 'request', event.content) };
    }),
  );
}

const closing = (tenant: string) => {
  const closed = closingOf(tenant);
  return {
    stage: 'billing',
    stream: 'CLOSED',
    subject: subjects.closed(tenant, closed.request_id),
    payload: test.dependencies.codec.encode('request.closed', closed),
    name: 'request.received',
  } as const;
};

describe('a list', () => {
  it('shows what is unresolved within a view, by stage, code, tenant and time, page by page', async () => {
    const first = await test.kill({ tenant: 'acme', content: ask('one'), at: 'request.admitted' });
    const second = await test.kill({ tenant: 'globex', content: ask('two'), at: 'request.scrubbed' });
    const ended = await test.killMessage(closing('acme'));
    const all = [first.letter, second.letter, ended];
    expect(await list()).toEqual(all);
    expect(await list({ stage: 'inference' })).toEqual([second.letter]);
    expect(await list({ code: 'engine_failed' })).toEqual(all);
    expect(await list({ code: 'message_corrupt' })).toEqual([]);
    expect(await list({ request: first.requestId })).toEqual([first.letter]);
    expect(await list({ to: '2026-01-01T00:00:00Z' })).toEqual([]);
    expect(await list({ from: '2026-01-01T00:00:00Z' })).toEqual(all);
    // What names no tenant is the platform's, whatever its subject says.
    expect(await list({}, { organisation: 'acme', tenant: undefined })).toEqual([first.letter]);
    expect(await list({}, { organisation: 'globex', tenant: 'globex' })).toEqual([second.letter]);
    expect(await placeOfLetter(test.dependencies, ended)).toEqual(platformPlace);
    expect(await placeOfLetter(test.dependencies, second.letter)).toMatchObject({ tenant: 'globex' });

    await test.discard(first.letter, 'a duplicate');
    expect(await list()).toEqual([second.letter, ended]);
    expect(await list({ status: 'discarded' })).toEqual([first.letter]);
    const page = await listLetters(test.dependencies, platformPlace, { limit: 2, status: 'all' });
    expect(page.data.map(({ id }) => id)).toEqual(all.slice(0, 2));
    const next = { limit: 2, status: 'all', cursor: page.next_cursor ?? '' } as const;
    expect((await listLetters(test.dependencies, platformPlace, next)).data.map(({ id }) => id)).toEqual([
      ended,
    ]);
    await expect(
      listLetters(test.dependencies, platformPlace, { limit: 2, cursor: 'bm90aGluZw' }),
    ).rejects.toMatchObject({ code: 'invalid_value', param: 'cursor' });
  });

  it('counts by stage what nobody has decided on, and how old it is', async () => {
    const { letter } = await test.kill({ tenant: 'acme', content: ask('one'), at: 'request.admitted' });
    await test.kill({ tenant: 'acme', content: ask('two'), at: 'request.admitted' });
    const [counted] = await countLetters(test.dependencies);
    const { diedAt } = await findLetter(test.dependencies, letter);
    expect(counted).toEqual({ stage: 'pii', count: 2, oldestAt: diedAt.getTime() });
    expect(await discardUnkept(test.dependencies, ['acme'])).toBe(2);
    expect(await countLetters(test.dependencies)).toEqual([{ stage: 'pii', count: 0, oldestAt: undefined }]);
  });
});

const shown = async (letter: string) =>
  showContent(test.dependencies, await findLetter(test.dependencies, letter));

describe('what is in a letter', () => {
  it('is shown with personal data masked, also what the scrubber had replaced', async () => {
    const plain = await test.kill({
      tenant: 'acme',
      content: ask('Write to ada@example.com, from ada@example.com, or to 12 Elm Street in Ciudad Real.'),
      at: 'request.admitted',
    });
    expect(await shown(plain.letter)).toMatchObject({
      content: {
        messages: [
          { role: 'user', content: 'Write to <EMAIL_1>, from <EMAIL_1>, or to <ADDRESS_1> in <LOCATION_1>.' },
        ],
      },
      facts: { operation: 'generate', model: 'test-model', key: 'key' },
      content_gone: null,
    });
    const scrubbed = await test.kill({
      tenant: 'acme',
      content: ask('Write to <EMAIL_1>.'),
      masked: { EMAIL_1: 'ada@example.com' },
      at: 'request.scrubbed',
    });
    expect(await shown(scrubbed.letter)).toMatchObject({
      content: { messages: [{ content: 'Write to <EMAIL_1>.' }] },
    });
  });

  it('of one that has ended is what the closing says, without the digest of its answer', async () => {
    const { content, facts } = await shown(await test.killMessage(closing('acme')));
    expect(content).toBeNull();
    expect(facts).toMatchObject({ outcome: 'COMPLETED', tenant: 'acme' });
    expect(facts).not.toHaveProperty('text_digest');
  });

  it('is gone with its key, and with its message', async () => {
    const { letter } = await test.kill({
      tenant: 'acme',
      user: 'usr_gone',
      content: ask('secret'),
      at: 'request.admitted',
    });
    await test.dependencies.sealing.eraseUser('acme', 'usr_gone');
    expect(await shown(letter)).toMatchObject({ content: null, content_gone: 'key_erased' });
    await test.dependencies.bus.purge('DEADLETTER', 'mr.deadletter.>');
    expect(await shown(letter)).toMatchObject({ content: null, content_gone: 'request_not_found' });
  });
});

describe('a replay', () => {
  it('is a new request of the same principal with what was asked, once', async () => {
    const { letter, requestId } = await test.kill({
      tenant: 'acme',
      user: 'usr_ada',
      content: ask('Write to ada@example.com.'),
      at: 'request.admitted',
    });
    const { replayed_as: replay } = await test.order(letter);
    expect(await statusOf(letter)).toMatchObject({ status: 'replaying', replayRequestId: replay });
    expect(await carryOut()).toEqual({ replayed: 1, failed: 0, postponed: 0 });
    expect(await carryOut()).toEqual({ replayed: 0, failed: 0, postponed: 0 });
    expect(await received('acme')).toMatchObject([
      {
        request_id: replay,
        replay_of: requestId,
        principal: { key_id: 'key', user_id: 'usr_ada' },
        asked: { messages: [{ content: 'Write to ada@example.com.' }] },
        trail: [{ stage: 'jobs', outcome: 'accepted' }],
      },
    ]);
    expect(await statusOf(letter)).toMatchObject({ status: 'replayed', failure: null });

    await expect(test.order(letter)).rejects.toMatchObject({ code: 'already_exists', param: 'again' });
    const { replayed_as: other } = await test.order(letter, true);
    await carryOut();
    expect((await received('acme')).map(({ request_id }) => request_id)).toEqual([replay, other]);
  });

  it('that was cut off before it was noted is the same request', async () => {
    const { letter } = await test.kill({ tenant: 'acme', content: ask('one'), at: 'request.received' });
    await test.order(letter);
    await carryOut();
    const { database } = test.dependencies;
    await database
      .update(deadLetters)
      .set({ status: 'replaying' })
      .where(eq(deadLetters.id, Number(letter)));
    await Promise.all([carryOut(), carryOut()]);
    expect(await received('acme')).toHaveLength(1);
    expect(await statusOf(letter)).toMatchObject({ status: 'replayed' });
  });

  it('puts back what the scrubber has replaced, which it finds again', async () => {
    const call = { name: 'mail', arguments: '{"to":"<EMAIL_1>","text":"\\"hi\\""}' };
    const { letter } = await test.kill({
      tenant: 'acme',
      content: {
        messages: [
          { role: 'user', content: 'Write to <EMAIL_1>.' },
          { role: 'assistant', content: '', tool_calls: [{ id: 'c', type: 'function', function: call }] },
        ],
        stop: [],
      },
      masked: { EMAIL_1: '"Ada" <ada@example.com>' },
      at: 'request.scrubbed',
    });
    await test.order(letter);
    await carryOut();
    const [request] = await received('acme');
    expect(request?.asked.messages[0]?.content).toBe('Write to "Ada" <ada@example.com>.');
    const args: unknown = JSON.parse(request?.asked.messages[1]?.tool_calls?.[0]?.function.arguments ?? '');
    expect(args).toEqual({ to: '"Ada" <ada@example.com>', text: '"hi"' });
  });

  it('that cannot be is said why, and the letter is open again', async () => {
    const { letter } = await test.kill({
      tenant: 'acme',
      user: 'usr_erased',
      content: ask('secret'),
      at: 'request.admitted',
    });
    await test.order(letter);
    await test.dependencies.sealing.eraseUser('acme', 'usr_erased');
    expect(await carryOut()).toMatchObject({ failed: 1 });
    expect(await statusOf(letter)).toMatchObject({
      status: 'open',
      failure: expect.stringContaining('key_erased') as string,
      replayRequestId: null,
    });
  });

  it('that is refused for now stays ordered, and does not hold up the others', async () => {
    const { letter } = await test.kill({ tenant: 'acme', content: ask('one'), at: 'request.admitted' });
    const other = await test.killMessage(closing('acme'));
    await test.order(letter);
    await test.order(other);
    const full = { submit: () => Promise.reject(new MillraceError('overloaded', 'full')) };
    expect(await carryOutReplays({ ...test.dependencies, relay: full }, never)).toEqual({
      replayed: 1,
      failed: 0,
      postponed: 1,
    });
    expect(await statusOf(letter)).toMatchObject({ status: 'replaying' });
    expect(await carryOut()).toMatchObject({ replayed: 1 });
  });

  it('of a closing hands it back to the stage that gave it up', async () => {
    const { bus, codec } = test.dependencies;
    const message = closing('acme');
    const letter = await test.killMessage(message);
    await test.order(letter);
    await carryOut();
    const returned = await bus.lastMessage('RETURNED', subjects.letterReturned('billing'));
    expect(codec.decode('letter.returned', returned?.payload ?? new Uint8Array())).toMatchObject({
      letter_id: letter,
      stage: 'billing',
      stream: 'CLOSED',
      subject: message.subject,
      payload: Buffer.from(message.payload),
    });
  });

  it('of a message of a queue puts it into its queue again, as what it was, at a place of its own', async () => {
    const { bus } = test.dependencies;
    const subject = subjects.intake('acme', 'orders');
    const headers = { 'Millrace-Correlation-Id': 'order-7', 'Millrace-Place': 'c/t/0/1' };
    const payload = Buffer.from('{"operation":"generate"}');
    const letter = await test.killMessage({
      stage: 'ingress',
      stream: 'INTAKE',
      subject,
      payload,
      headers,
      name: 'request.received',
    });
    await bus.purge('INTAKE', subject);
    await test.order(letter);
    await carryOut();
    const [again] = await readAll(bus.read('INTAKE', subject));
    expect(Buffer.from(again?.payload ?? [])).toEqual(payload);
    expect(again?.headers).toMatchObject({ 'Millrace-Correlation-Id': 'order-7' });
    expect(again?.headers).not.toHaveProperty('Millrace-Place');
  });

  it('of what cannot be read is refused: it is for discarding', async () => {
    const { tenant, ...garbage } = {
      tenant: 'acme',
      stage: 'auth-quota',
      stream: 'RECEIVED',
      subject: subjects.received('acme'),
      payload: Buffer.from('not an Avro message, of ada@example.com'),
      name: 'request.received',
    } as const;
    const letter = await test.killMessage(garbage);
    await expect(test.order(letter)).rejects.toMatchObject({ code: 'unsupported_value' });
    const row = await findLetter(test.dependencies, letter);
    expect(row.tenant).not.toBe(tenant);
    expect((await showContent(test.dependencies, row)).content).toBe('not an Avro message, of <EMAIL_1>');
    expect(await test.discard(letter, 'garbage')).toMatchObject({
      status: 'discarded',
      discard_reason: 'garbage',
      decided_by: 'usr_operator',
    });
    await expect(test.discard(letter, 'again')).rejects.toMatchObject({ code: 'already_exists' });
  });
});

it('what does not exist is not found', async () => {
  await expect(test.order('123456')).rejects.toMatchObject({ code: 'resource_not_found', param: 'letter' });
  await expect(placeOfLetter(test.dependencies, '123456')).rejects.toMatchObject({
    code: 'resource_not_found',
  });
});
