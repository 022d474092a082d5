import { setPiiPolicy, publishControlChanges, type PiiPolicyChanges } from '@millrace/control-plane';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { answering, type ScriptedUpstream } from '@millrace/providers/scripted-upstream';
import { inTransaction, piiFindings } from '@millrace/store';
import type OpenAI from 'openai';
import { eq } from '@millrace/store/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { farModel as model, startFarCluster, type FarCluster } from '../support/far-model.ts';
import { readClosings } from '../support/result-log.ts';

let far: FarCluster;
let upstream: ScriptedUpstream;
let cluster: Cluster;
let client: OpenAI;

beforeAll(async () => {
  far = await startFarCluster();
  ({ upstream, cluster, client } = far);
});
afterAll(() => far.stop());

const ask = (content: string) =>
  client.chat.completions.create({ model, messages: [{ role: 'user', content }] });

/** Sets the policy, and waits until the scrubbers have it: `probe` is written differently then. */
async function setPolicy(changes: PiiPolicyChanges, probe: string, seen: string): Promise<void> {
  const { platform, database } = cluster;
  await inTransaction(database, (transaction) =>
    setPiiPolicy(platform, transaction, defaultTenant, changes, undefined),
  );
  await publishControlChanges({ ...platform, database });
  await expect
    .poll(async () => {
      upstream.react(answering('ok'));
      await ask(probe);
      return lastPrompt();
    })
    .toBe(seen);
}

function lastPrompt(): unknown {
  const body = upstream.calls.at(-1)?.body as { readonly messages?: readonly { readonly content: string }[] };
  return body.messages?.at(-1)?.content;
}

it('restores what the client wrote, and replaces what the model adds, however the answer is cut', async () => {
  upstream.react(
    answering(
      'Write to <EMAIL_',
      '1> or to bo',
      'b.lee@corp',
      '.example, card 4111 1111 ',
      '1111 1111 soon.',
    ),
  );
  const { choices, id } = await ask('I am ann@corp.example.');
  expect(lastPrompt()).toBe('I am <EMAIL_1>.');
  expect(choices[0]?.message.content).toBe('Write to ann@corp.example or to <EMAIL_2>, card <CARD_1> soon.');
  const requestId = id.slice(id.indexOf('-') + 1);
  await expect
    .poll(async () => {
      const rows = await cluster.database
        .select()
        .from(piiFindings)
        .where(eq(piiFindings.requestId, requestId));
      return rows
        .map(({ direction, type, action, count }) => `${direction} ${type} ${action} ${count}`)
        .toSorted();
    })
    .toEqual([
      'input EMAIL_ADDRESS replace 1',
      'output CREDIT_CARD replace 1',
      'output EMAIL_ADDRESS replace 1',
    ]);
});

it('escapes what it puts back where it stands in JSON', async () => {
  await setPolicy(
    { patterns: [{ type: 'CODE_NAME', pattern: '"[A-Z][a-z]+\\\\?"' }] },
    'The project is "Falcon" today.',
    'The project is <CODE_NAME_1> today.',
  );
  upstream.react(answering('{"project": "<CODE', '_NAME_1>"}'));
  const { choices } = await ask('The project is "Falcon" today.');
  expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ project: '"Falcon"' });
});

it('blocks requests, which reach no model, and answers, of which nothing is shown behind it', async () => {
  await setPolicy(
    { actions: { US_SSN: 'block', IP_ADDRESS: 'mask' }, output_actions: { IP_ADDRESS: 'block' } },
    'from 10.20.30.40',
    'from <IP_ADDRESS>',
  );
  const before = upstream.calls.length;
  await expect(ask('My social security number is 536-22-8726.')).rejects.toMatchObject({
    status: 403,
    code: 'content_blocked',
    message: expect.not.stringContaining('536') as string,
  });
  expect(upstream.calls.length).toBe(before);
  upstream.react(answering('The server is 10.', '20.30.', '40 behind it.'));
  const stream = await client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'hello' }],
    stream: true,
  });
  let shown = '';
  const read = async (): Promise<void> => {
    for await (const chunk of stream) shown += chunk.choices[0]?.delta.content ?? '';
  };
  await expect(read()).rejects.toMatchObject({ code: 'content_blocked' });
  expect(shown).toBe('The server is ');
});

it('leaves originals out of answers where the policy does not restore', async () => {
  await setPolicy(
    { actions: { MAC_ADDRESS: 'mask' }, restore: false },
    'at 00:1B:44:11:3A:B7',
    'at <MAC_ADDRESS>',
  );
  upstream.react(answering('Hello <EMAIL_1>!'));
  const { choices, id } = await ask('I am ann@corp.example.');
  expect(choices[0]?.message.content).toBe('Hello <EMAIL_1>!');
  const requestId = id.slice(id.indexOf('-') + 1);
  await expect
    .poll(async () => (await readClosings(cluster.platform, defaultTenant, requestId))[0]?.trail)
    .toContainEqual(
      expect.objectContaining({
        stage: 'pii',
        outcome: 'masked',
        facts: { 'EMAIL_ADDRESS.replace': '1' },
      }),
    );
});
