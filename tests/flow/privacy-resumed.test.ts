import { piiFindings } from '@millrace/store';
import {
  doneEvent,
  openStream as openEvents,
  piece,
  usageEvent,
} from '@millrace/providers/scripted-upstream';
import { openStream } from '@millrace/testkit';
import { eq } from '@millrace/store/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { numbersOf, range, textOf } from '../support/answer.ts';
import { farModel as model, startFarCluster, type FarCluster } from '../support/far-model.ts';
import { postJson } from '../support/post-json.ts';
import { chunksOf, type ReadEvent } from '../support/stream-events.ts';

const processes = [
  'audit',
  'auth-quota',
  'billing',
  'edge',
  'edge-2',
  'ingress',
  'ingress-2',
  'jobs',
  'pii',
  'providers',
];

let far: FarCluster;
beforeAll(async () => {
  far = await startFarCluster({ processes });
});
afterAll(() => far.stop());

async function readAgain(gateway: string, requestId: string, after: number): Promise<ReadEvent[]> {
  const { cluster } = far;
  const response = await fetch(`${cluster.process(gateway).url}/v1/requests/${requestId}/stream`, {
    headers: { authorization: `Bearer ${cluster.apiKey}`, 'last-event-id': String(after) },
  });
  const events: ReadEvent[] = [];
  for await (const event of chunksOf(response)) events.push(event);
  return events;
}

const prompt = 'I am 😀 ann@corp.example, my card is 4111 1111 1111 1111. Who looks after me?';
/** As the model writes it, and as it is read; what is new of it nobody may see. */
const halves = [
  ['Dear 😀 <EMAIL_1>, your card <CARD_1> ', 'Dear 😀 ann@corp.example, your card 4111 1111 1111 1111 '],
  [
    'is with Dr. Ada Moyo 🏥, bob.lee@corp.example, tel. +1 212 555 0198.\n```json\n{"to": "<EMAIL_1>", "cc": "bob.lee@corp.example"}\n```\nYours, __EMAIL_1__, <EMAIL_9> 👋🏽',
    'is with Dr. Ada Moyo 🏥, <EMAIL_2>, tel. <PHONE_1>.\n```json\n{"to": "ann@corp.example", "cc": "<EMAIL_2>"}\n```\nYours, ann@corp.example, <EMAIL_9> 👋🏽',
  ],
] as const;
const unseen = ['bob.lee@corp.example', '+1 212 555 0198'];
const [written, read] = [0, 1].map((side) => halves.map((half) => half[side]).join('')) as [string, string];

it('is read the same everywhere, from wherever, though it comes in pieces of one code unit', async () => {
  const { cluster, upstream } = far;
  const middle = Promise.withResolvers<void>();
  upstream.react(async (response) => {
    openEvents(response);
    // Halves of surrogate pairs, too.
    const write = async (text: string): Promise<void> => {
      for (const unit of text.split('')) await new Promise((resolve) => response.write(piece(unit), resolve));
    };
    await write(halves[0][0]);
    await middle.promise;
    await write(halves[1][0]);
    response.end(piece('', 'stop') + usageEvent + doneEvent);
  });
  const response = await postJson(cluster, '/v1/generate', { model, prompt, stream: true });
  const requestId = response.headers.get('x-request-id') ?? '';
  const original = chunksOf(response);
  const all: ReadEvent[] = [];
  // The rest of the half may come with it, or later.
  while (
    !all
      .map(({ text }) => text)
      .join('')
      .includes('your card ')
  )
    all.push((await original.next()).value as ReadEvent);
  expect(JSON.stringify(upstream.calls.at(-1)?.body)).toContain('I am 😀 <EMAIL_1>, my card is <CARD_1>.');

  const after = [0, 1, all.length];
  const sockets = await Promise.all(
    after.flatMap((from) =>
      (['edge', 'edge-2'] as const).map(async (gateway) => {
        const client = await openStream(cluster.process(gateway).url, { apiKey: cluster.apiKey });
        client.send({ type: 'resume', request_id: requestId, after: from });
        return { client, from };
      }),
    ),
  );
  const streams = after.flatMap((from) =>
    ['ingress', 'ingress-2'].map((gateway) => ({ from, events: readAgain(gateway, requestId, from) })),
  );
  middle.resolve();
  for await (const event of original) all.push(event);

  expect(all.map(({ id }) => id)).toEqual(range(1, all.length));
  expect(all.map(({ text }) => text).join('')).toBe(read);
  for (const { from, events } of streams) expect(await events).toEqual(all.slice(from));
  for (const { client, from } of sockets) {
    expect(await client.ended(requestId)).toMatchObject({ type: 'completed' });
    expect(numbersOf(client, requestId)).toEqual(range(from + 1, all.length));
    expect(textOf(client, requestId)).toBe(
      all
        .slice(from)
        .map(({ text }) => text)
        .join(''),
    );
    await client.close();
  }
  for (const from of range(0, all.length - 1))
    expect(await readAgain(from % 2 === 0 ? 'ingress-2' : 'ingress', requestId, from)).toEqual(
      all.slice(from),
    );
  for (const value of unseen) expect([written.includes(value), read.includes(value)]).toEqual([true, false]);

  const rows = () => cluster.database.select().from(piiFindings).where(eq(piiFindings.requestId, requestId));
  await expect
    .poll(async () => (await rows()).filter(({ direction }) => direction === 'output').length)
    .toBe(3);
  expect(
    (await rows())
      .filter(({ direction }) => direction === 'output')
      .map(({ type, action, count }) => `${type} ${action} ${count}`)
      .toSorted(),
  ).toEqual(['EMAIL_ADDRESS replace 1', 'PERSON report 1', 'PHONE_NUMBER replace 1']);
});
