import { setPiiPolicy, publishControlChanges } from '@millrace/control-plane';
import { createScratchFolder, defaultTenant } from '@millrace/embedded';
import { writeGliner } from '@millrace/pii-model/fixture';
import { answering } from '@millrace/providers/scripted-upstream';
import { stopInReverse, type Stoppable } from '@millrace/runtime';
import { inTransaction } from '@millrace/store';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { farModel as model, startFarCluster, type FarCluster } from '../support/far-model.ts';

const parts: Stoppable[] = [];
let far: FarCluster;

beforeAll(async () => {
  const folder = await createScratchFolder();
  parts.push(folder);
  await writeGliner(folder.path);
  far = await startFarCluster({ env: { MILLRACE_PII_MODEL: folder.path } });
  parts.push(far);
});
afterAll(() => stopInReverse(parts));

const ask = async (content: string) => {
  const { choices } = await far.client.chat.completions.create({
    model,
    messages: [{ role: 'user', content }],
  });
  return choices[0]?.message.content;
};

function lastPrompt(): unknown {
  const body = far.upstream.calls.at(-1)?.body as {
    readonly messages?: readonly { readonly content: string }[];
  };
  return body.messages?.at(-1)?.content;
}

it('names that a model finds are replaced on the way to a provider, and come back', async () => {
  const { platform, database } = far.cluster;
  const changes = { actions: { PERSON: 'replace', LOCATION: 'mask' } } as const;
  await inTransaction(database, (transaction) =>
    setPiiPolicy(platform, transaction, defaultTenant, changes, undefined),
  );
  await publishControlChanges({ ...platform, database });
  await expect
    .poll(async () => {
      far.upstream.react(answering('ok'));
      await ask('so says okri');
      return lastPrompt();
    })
    .toBe('so says <PERSON_1>');
  far.upstream.react(answering('Dear <PERSON', '_1>, and <PERSON_2>.'));
  // Rules would not take "ben okri" for a name, nor "lagos" for a place, without a word beside them.
  expect(await ask('[{"by": "ben okri"}, {"by": "ada moyo", "at": "lagos"}]')).toBe(
    'Dear ben okri, and ada moyo.',
  );
  expect(lastPrompt()).toBe('[{"by": "<PERSON_1>"}, {"by": "<PERSON_2>", "at": "<LOCATION>"}]');
});

it('the gateway analyses texts by the same model', async () => {
  const { ingressUrl, apiKey } = far.cluster;
  const response = await fetch(`${ingressUrl}/v1/pii/anonymize`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'lagos: okri, a@b.example' }),
  });
  expect(await response.json()).toMatchObject({ text: '<LOCATION>: <PERSON>, <EMAIL_ADDRESS>' });
});
