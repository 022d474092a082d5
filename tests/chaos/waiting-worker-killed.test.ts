import type { Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptedId, numbersOf, range, textOf, untilChunk } from '../support/answer.ts';
import { readDeadLetters } from '../support/dead-letters.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({ env: { ...briefAckWait, MILLRACE_SLOTS: '2' } });
});

afterAll(() => cluster.stop());

it.for(['SIGKILL', 'SIGTERM'] as const)(
  'answers once each what a worker works on and lets wait when it ends by %s',
  async (how, { signal }) => {
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    const ids = range(1, 10).map((number) => `${how}-${number}`);
    for (const id of ids)
      client.send({ type: 'generate', id, prompt: `Tell ${id} about a river.`, max_tokens: 24, seed: 7 });
    await untilChunk(client, `${how}-1`, 4);
    const ended = client.messages.filter(({ type }) => type === 'completed').length;
    expect(ended).toBeLessThan(4);
    await cluster.process('inference').kill(how);
    await cluster.process('inference').start();
    await Promise.all(ids.map((id) => client.ended(id)));
    for (const id of ids) {
      const requestId = await acceptedId(client, id);
      const log = await expectAnsweredOnce(cluster, { requestId, text: textOf(client, id) }, signal);
      expect(log.finished[0]).toMatchObject({ outcome: 'COMPLETED' });
      expect(numbersOf(client, id)).toEqual(range(1, client.chunks(id).length));
    }
    expect(await readDeadLetters(cluster.platform)).toEqual([]);
    await client.close();
  },
);
