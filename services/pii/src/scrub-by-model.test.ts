import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { TokenClassifier } from '@millrace/pii-detectors/names';
import { writeGliner } from '@millrace/pii-model/fixture';
import { loadNameModel } from '@millrace/pii-model/load';
import { defaultPiiPolicy, type PiiPolicy } from '@millrace/pii-policy';
import { stopInReverse, systemClock, type Stoppable } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import { createScrubber, type Scrubber } from './scrubber.ts';

const parts: Stoppable[] = [];
const { signal } = new AbortController();
afterEach(() => stopInReverse(parts.splice(0)));

const user = (...texts: readonly string[]): RequestContent => ({
  messages: texts.map((content) => ({ role: 'user', content })),
  stop: [],
});
const optionsOf = (actions: PiiPolicy['actions']) => ({
  policy: { ...defaultPiiPolicy, actions },
  hashKey: new Uint8Array(32),
});
const named = optionsOf({ PERSON: 'replace', ORGANIZATION: 'mask', LOCATION: 'replace' });

function scrubberWith(classifier: TokenClassifier, limitMs = 60_000): Scrubber {
  const scrubber = createScrubber({ clock: systemClock, threads: 1, limitMs, classifier });
  parts.push(scrubber);
  return scrubber;
}

/** Finds `Zyx` where it is told to, and counts what it is asked for. */
function fakeModel() {
  const asked: string[] = [];
  const classifier: TokenClassifier = {
    classify: async (texts) => {
      asked.push(...texts);
      return texts.map((text) =>
        [...text.matchAll(/Zyx/gu)].map(({ index }) => ({
          type: 'PERSON',
          start: index,
          end: index + 3,
          score: 0.9,
        })),
      );
    },
  };
  return { asked, classifier };
}

describe('a scrubber with a model of names', () => {
  it('replaces what the model finds, and what has a form, in short and in long content', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-scrub-'));
    parts.push({ stop: () => rm(folder, { recursive: true }) });
    await writeGliner(folder);
    const model = await loadNameModel(folder, 1);
    parts.push(model);
    const scrubber = scrubberWith(model);
    const text = 'Ada Moyo of Contoso GmbH in Berlin, ada@b.example. Ben Okri.';
    const short = user(text, '{"name": "Ada Moyo", "note": "{\\"from\\": \\"Lagos\\"}", "count": 17}');
    expect(scrubber.scrubNow(short, named)).toBeUndefined();
    const { content, mapping } = await scrubber.scrub(short, named, signal);
    expect(content.messages.map(({ content: written }) => written)).toEqual([
      '<PERSON_1> of <ORGANIZATION> in <LOCATION_1>, <EMAIL_1>. <PERSON_2>.',
      '{"name": "<PERSON_1>", "note": "{\\"from\\": \\"<LOCATION_2>\\"}", "count": 17}',
    ]);
    expect(mapping.get('PERSON_2')).toBe('Ben Okri');
    const long = user(`${'and so on '.repeat(40_000)} ${text}`);
    const scrubbed = await scrubber.scrub(long, named, signal);
    expect(scrubbed.content.messages[0]?.content.endsWith(' <EMAIL_1>. <PERSON_2>.')).toBe(true);
    expect(scrubbed.counts).toContainEqual({ type: 'ORGANIZATION', action: 'mask', count: 1 });
  });

  it('counts by the default policy, and does not ask where no names are wanted', async () => {
    const { asked, classifier } = fakeModel();
    const scrubber = scrubberWith(classifier);
    const { content, counts } = await scrubber.scrub(user('Zyx'), optionsOf({}), signal);
    expect(content.messages[0]?.content).toBe('Zyx');
    expect(counts).toEqual([{ type: 'PERSON', action: 'report', count: 1 }]);
    expect(asked).toEqual(['Zyx']);
    const none = optionsOf({ PERSON: 'off', ORGANIZATION: 'off', LOCATION: 'off' });
    expect(scrubber.scrubNow(user('Zyx'), none)?.counts).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('asks for each text once', async () => {
    const { asked, classifier } = fakeModel();
    await scrubberWith(classifier).scrub(user('Zyx', 'Zyx', '{"a": "Zyx", "b": "Zyx"}'), named, signal);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('refuses what the model fails at, or does not end with in time', async () => {
    const failing = scrubberWith({ classify: () => Promise.reject(new Error('about Zyx')) });
    const refused = await failing.scrub(user('Zyx'), named, signal).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'pii_unavailable', retryable: true });
    expect((refused as Error).message).not.toContain('Zyx');
    const slow = scrubberWith({ classify: (_texts, ended) => forever(ended) }, 20);
    await expect(slow.scrub(user('Zyx'), named, signal)).rejects.toMatchObject({ code: 'pii_unavailable' });
  });

  it('blocks before the model is asked, and ends with the request', async () => {
    const { asked, classifier } = fakeModel();
    const blocked = scrubberWith(classifier).scrub(
      user('Zyx a@b.example'),
      optionsOf({ EMAIL_ADDRESS: 'block' }),
      signal,
    );
    await expect(blocked).rejects.toMatchObject({ code: 'content_blocked' });
    expect(asked).toEqual([]);
    const abort = new AbortController();
    const cancelled = scrubberWith({
      classify(_texts, ended) {
        queueMicrotask(() => abort.abort(new Error('gone')));
        return forever(ended);
      },
    }).scrub(user('Zyx'), named, abort.signal);
    await expect(cancelled).rejects.toThrow('gone');
  });
});

const forever = (ended: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    ended.addEventListener('abort', () => reject(ended.reason as Error), { once: true });
  });
