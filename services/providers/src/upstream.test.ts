import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Secret, systemClock } from '@millrace/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  answering,
  doneEvent,
  eventOf,
  openStream,
  piece,
  raw,
  refusing,
  startScriptedUpstream,
  usageEvent,
  type Reaction,
  type ScriptedUpstream,
} from './scripted-upstream.fixture.ts';
import { defaults } from './providers-schema.ts';
import { createUpstream, type Upstream } from './upstream.ts';
import { chatCall } from './upstream-call.ts';
import type { UpstreamEvent } from './upstream-event.ts';

let scripted: ScriptedUpstream;
let upstream: Upstream;
const breakerStates: string[] = [];
const body = { model: 'm', messages: [], stream: true };

function upstreamOf(baseUrl: string, limits: Partial<typeof limitsOfTests> = {}): Upstream {
  return createUpstream(
    {
      ...defaults,
      ...limitsOfTests,
      ...limits,
      name: 'scripted',
      baseUrl,
      key: new Secret('key'),
      headers: {},
      models: [],
    },
    { clock: systemClock, jitter: () => 0, onBreaker: (state) => breakerStates.push(state) },
  );
}

const limitsOfTests = { firstTokenTimeoutMs: 5_000, idleTimeoutMs: 5_000, retries: 1 };

beforeEach(async () => {
  scripted = await startScriptedUpstream();
  upstream = upstreamOf(scripted.baseUrl);
  breakerStates.length = 0;
});

afterEach(async () => {
  await upstream.stop();
  await scripted.stop();
});

async function ask(
  from: Upstream = upstream,
  signal = new AbortController().signal,
): Promise<UpstreamEvent[]> {
  const events: UpstreamEvent[] = [];
  for await (const event of await from.ask(chatCall(body), signal)) events.push(event);
  return events;
}

const textOf = (events: readonly UpstreamEvent[]): string =>
  events.map((event) => (event.kind === 'delta' ? event.text : '')).join('');

describe('an answer', () => {
  it('is handed on piece by piece, with its usage', async () => {
    scripted.react(answering('Hello ', 'there'));
    const events = await ask();
    expect(textOf(events)).toBe('Hello there');
    expect(events.at(-1)).toEqual({ kind: 'usage', inputTokens: 7, cachedInputTokens: 2, outputTokens: 3 });
    expect(scripted.calls).toMatchObject([{ authorization: 'Bearer key' }]);
  });

  it('is the same however it is cut into packets, within characters too', async () => {
    const bytes = Buffer.from(piece('Grüße 😀 ') + piece('an alle', 'stop') + doneEvent);
    scripted.react(raw(...Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1))));
    expect(textOf(await ask())).toBe('Grüße 😀 an alle');
  });

  it('may have comments, CRLF and other fields between its events', async () => {
    scripted.react(raw(`: ping\r\n\r\nevent: x\r\nid: 1\r\n${piece('a', 'stop').trim()}\r\n\r\n`, doneEvent));
    expect(textOf(await ask())).toBe('a');
  });
});

describe('the connection of an answer', () => {
  it('serves the next request', async () => {
    scripted.react(answering('a'));
    for (let request = 1; request <= 10; request += 1) await ask();
    expect(scripted.connections).toBeLessThan(5);
  });

  it('is ended where nothing but its end is missing', async () => {
    const closed = Promise.withResolvers<void>();
    scripted.react((response) => {
      response.once('close', () => closed.resolve());
      openStream(response);
      response.write(piece('a', 'stop') + doneEvent);
    });
    expect(textOf(await ask())).toBe('a');
    await closed.promise;
  });

  it('is ended where the answer is not wanted any more', async () => {
    const closed = Promise.withResolvers<void>();
    scripted.react((response) => {
      response.once('close', () => closed.resolve());
      openStream(response);
      response.write(piece('a'));
    });
    for await (const event of await upstream.ask(chatCall(body), new AbortController().signal)) {
      expect(event).toMatchObject({ text: 'a' });
      break;
    }
    await closed.promise;
  });
});

describe('what is tried again while no answer has begun', () => {
  it.each([408, 409, 429, 500, 502, 503])('the status %i', async (status) => {
    scripted.react(refusing(status, { 'retry-after-ms': '1' }), answering('a'));
    expect(textOf(await ask())).toBe('a');
    expect(scripted.calls).toHaveLength(2);
  });

  it('a connection that is reset before the status, and behind it', async () => {
    for (const reset of [
      (response) => response.destroy(),
      (response) => {
        openStream(response);
        response.destroy();
      },
    ] satisfies Reaction[]) {
      scripted.react(reset, answering('a'));
      expect(textOf(await ask())).toBe('a');
    }
  });
});

describe('what fails', () => {
  const failing: readonly (readonly [string, Reaction])[] = [
    ['a status that no other try changes', refusing(401)],
    ['a stream without [DONE]', raw(piece('a', 'stop'))],
    [
      'a connection that breaks behind a piece',
      (response) => {
        openStream(response);
        response.write(piece('a'), () => response.destroy());
      },
    ],
    ['what is no JSON', raw(piece('a'), eventOf('{"choices": [{'), doneEvent)],
    ['JSON that is no piece', raw(piece('a'), eventOf({ hello: 1 }), doneEvent)],
    ['an error within the answer', raw(piece('a'), eventOf({ error: { message: 'broken' } }))],
    [
      'an answer that is no stream of events',
      (response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<html>');
      },
    ],
    ['an event without an end', raw(`data: ${'x'.repeat(5 * 1024 * 1024)}`)],
    ['a redirect', refusing(302, { location: 'http://127.0.0.1:1/' })],
  ];

  it.each(failing)('%s', async (_what, reaction) => {
    scripted.react(reaction);
    await expect(ask()).rejects.toMatchObject({ code: 'provider_failed' });
  });

  it('an address where nobody listens', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const nobody = upstreamOf(`http://127.0.0.1:${port}/v1`);
    await expect(ask(nobody)).rejects.toMatchObject({ code: 'provider_failed', retryable: true });
    await nobody.stop();
  });

  it('silence before the first piece, and between two', async () => {
    const impatient = upstreamOf(scripted.baseUrl, {
      firstTokenTimeoutMs: 50,
      idleTimeoutMs: 50,
      retries: 0,
    });
    for (const silent of [
      () => undefined,
      (response) => openStream(response),
      (response) => {
        openStream(response);
        response.write(piece('a'));
      },
    ] satisfies Reaction[]) {
      scripted.react(silent);
      await expect(ask(impatient)).rejects.toMatchObject({
        message: expect.stringContaining('in time') as string,
      });
    }
    await impatient.stop();
  });

  it('says nothing of what the provider sent', async () => {
    scripted.react(raw(eventOf('{"secret": "4711"')));
    await expect(ask()).rejects.toMatchObject({ message: expect.not.stringContaining('4711') as string });
  });
});

it('a call ends when its signal is aborted', async () => {
  const controller = new AbortController();
  const closed = Promise.withResolvers<void>();
  scripted.react((response) => {
    openStream(response);
    response.write(piece('a'));
    response.once('close', () => closed.resolve());
  });
  const events = await upstream.ask(chatCall(body), controller.signal);
  await events.next();
  controller.abort(new Error('gone'));
  await expect(events.next()).rejects.toThrow('gone');
  await closed.promise;
});

it('a provider that keeps failing is left alone for a while', async () => {
  scripted.react(refusing(500, { 'retry-after-ms': '1' }));
  for (let round = 0; round < 5; round += 1)
    await expect(ask()).rejects.toMatchObject({ code: 'provider_failed' });
  expect(breakerStates).toEqual(['open']);
  const calls = scripted.calls.length;
  await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining('too often') as string });
  expect(scripted.calls).toHaveLength(calls);
});

it('what the request is to blame for says nothing of the provider', async () => {
  scripted.react(refusing(400));
  for (let round = 0; round < 8; round += 1)
    await expect(ask()).rejects.toMatchObject({ code: 'provider_failed', retryable: false });
  expect(breakerStates).toEqual([]);
  expect(scripted.calls).toHaveLength(8);
});

it('an answer without usage is an answer', async () => {
  scripted.react(raw(piece('a', 'stop'), doneEvent));
  expect((await ask()).some(({ kind }) => kind === 'usage')).toBe(false);
  scripted.react(raw(piece('a', 'stop'), usageEvent, doneEvent));
  expect((await ask()).some(({ kind }) => kind === 'usage')).toBe(true);
});
