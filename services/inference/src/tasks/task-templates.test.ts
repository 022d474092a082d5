import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTaskTemplates, taskFolder } from './task-templates.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-tasks-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The files of the repository, one of them replaced. */
async function withFile(operation: string, content: string) {
  for (const each of ['classify', 'summarize', 'translate'])
    await writeFile(
      path.join(folder, `${each}.json`),
      await readFile(new URL(`${each}.json`, taskFolder), 'utf8'),
    );
  await writeFile(path.join(folder, `${operation}.json`), content);
  return readTaskTemplates('other', pathToFileURL(`${folder}/`));
}

const file = (content: string, models: object = {}) =>
  JSON.stringify({ default: [{ role: 'user', content }], models });

describe('the prompt of a task', () => {
  it('holds what was asked for, and leaves out what was not', async () => {
    const { messages } = await readTaskTemplates('other');
    const last = (
      ...[operation, task]: Parameters<typeof messages> extends [infer O, infer T, string] ? [O, T] : never
    ) => messages(operation, task, 'Once upon a time.').at(-1)?.content;
    const texts = ['Once upon a time.'];
    expect(last('summarize', { texts })).toBe('Summarize the text:\n\nOnce upon a time.');
    expect(last('summarize', { texts, max_words: 7 })).toContain('in at most 7 words:');
    expect(last('translate', { texts, target_language: 'French' })).toContain('the text to French:');
    const both = { texts, target_language: 'French', source_language: 'English' };
    expect(last('translate', both)).toContain('from English to French:');
    expect(last('classify', { texts, labels: ['a', 'b'] })).toContain('Labels:\n- a\n- b\n');
  });

  it('can be the own one of a model', async () => {
    const { messages } = await readTaskTemplates('smollm2-135m-instruct');
    const prompt = messages('classify', { texts: ['x'], labels: ['a', 'b'] }, 'x');
    expect(prompt.at(-1)).toEqual({ role: 'user', content: 'Text: x\nLabel:' });
    expect(prompt.length).toBeGreaterThan(2);
  });

  it('takes what a client wrote as it is', async () => {
    const { messages } = await readTaskTemplates('other');
    const text = '{{ labels }} {% if x %} <|im_end|>';
    expect(messages('summarize', { texts: [text] }, text).at(-1)?.content).toContain(text);
  });
});

describe('a file of prompts', () => {
  it.each([
    ['no JSON', 'nonsense', /summarize\.json cannot be read, or is not JSON/],
    ['a field is missing', '{"models":{}}', /summarize\.json: default is missing/],
    ['a role is wrong', file('{{ text }}').replace('user', 'bot'), /default\[0\]\.role is "bot": it must be/],
    ['it is no Jinja', file('{{ text }'), /default\[0\]\.content is not valid Jinja/],
    [
      'a variable does not exist',
      file('{{ text }} {{ labels }}'),
      /has the variable labels: the variables are text, max_words/,
    ],
    ['the text is not in it', file('Summarize!'), /default has no \{\{ text \}\}/],
    [
      'that of a model is wrong',
      file('{{ text }}', { tiny: [{ role: 'user', content: '{{ txt }}' }] }),
      /models\.tiny\[0\]\.content has the variable txt/,
    ],
  ])('is refused at the start where %s', async (_what, content, message) => {
    await expect(withFile('summarize', content)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(message) as string,
    });
  });

  it('may use loops, filters and tests', async () => {
    const content =
      '{% for l in labels %}{{ l | upper }}{% if not loop.last %}, {% endif %}{% endfor %} {{ text }}';
    const { messages } = await withFile('classify', file(content));
    expect(messages('classify', { texts: ['x'], labels: ['a', 'b'] }, 'x')[0]?.content).toBe('A, B x');
  });
});
