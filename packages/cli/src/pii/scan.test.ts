import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTokenClassifier } from '@millrace/pii-model/fixture';
import { runCli } from '../run-cli.ts';
import { linesOf, longestLineBytes } from './lines.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-cli-pii-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function run(args: readonly string[], input = '') {
  const written = { out: '', error: '' };
  const output = new PassThrough();
  const piped = text(output);
  const exitCode = await runCli({
    args: ['pii', ...args],
    environment: { INIT_CWD: folder },
    catalogue: [],
    writeOut: (piece) => (written.out += piece),
    writeError: (piece) => (written.error += piece),
    isTerminal: false,
    input: Readable.from([input]),
    output,
  });
  output.end();
  return { exitCode, ...written, out: written.out + (await piped) };
}

const line = (id: number, content: string): string => `${JSON.stringify({ id, text: content })}\n`;

describe('pii scan', () => {
  it('answers each line, from the standard input or a file, and says how far it is', async () => {
    const input = line(1, '😀 mail a@b.example') + line(2, 'nothing');
    const expected =
      '{"id":1,"spans":[{"start":8,"end":19,"type":"EMAIL_ADDRESS","score":0.95}]}\n{"id":2,"spans":[]}\n';
    const summary = '2 texts, 1 findings, 0 lines that could not be read\n';
    expect(await run(['scan'], input)).toEqual({ exitCode: 0, out: expected, error: summary });
    await writeFile(path.join(folder, 'texts.jsonl'), input);
    expect(await run(['scan', 'texts.jsonl'])).toEqual({
      exitCode: 0,
      out: expected,
      error: expect.stringMatching(/scanned: 100 %\n2 texts/u) as string,
    });
  });

  it('names bad lines, without what they hold, and reads on', async () => {
    const { exitCode, out, error } = await run(
      ['scan'],
      `{"id":1,"text":"secret\n\n{"id":2}\n${line(3, 'a@b.example')}["a@b.example"]\n{"id":{},"text":"a@b.example"}\n{"id":4,"text":7}\n`,
    );
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^\{"id":3,"spans":\[\{"start":0,/u);
    expect(error).toBe(
      [
        'line 1: no JSON',
        'line 3: text is missing: it must be a text',
        'line 5: a list: it must be an object {"id": text or number, "text": text}',
        'line 6: id is an object: it must be a text or a number',
        'line 7: text is a number: it must be a text',
        '1 texts, 1 findings, 5 lines that could not be read',
        '',
      ].join('\n'),
    );
  });

  it('looks for what it is told to', async () => {
    const input = line(1, 'Ada Lovelace, a@b.example, SSN 536-22-8726');
    const { out } = await run(['scan', '--types', 'US_SSN,PERSON', '--min-score', '0.6'], input);
    expect(out).toContain('"type":"PERSON"');
    expect(out).toContain('"type":"US_SSN"');
    expect(out).not.toContain('EMAIL');
  });

  it('shows the address of a street as a place, as Presidio does, but to whoever names its type', async () => {
    const input = line(1, 'Her home is 12 Elm Street');
    const typesOf = async (...args: readonly string[]): Promise<readonly string[]> =>
      Array.from(
        (await run(['scan', ...args], input)).out.matchAll(/"type":"(\w+)"/gu),
        ([, type]) => type ?? '',
      );
    expect(await typesOf()).toEqual(['LOCATION']);
    expect(await typesOf('--types', 'LOCATION')).toEqual(['LOCATION']);
    expect(await typesOf('--types', 'STREET_ADDRESS')).toEqual(['STREET_ADDRESS']);
    expect(await typesOf('--types', 'PERSON,STREET_ADDRESS')).toEqual(['STREET_ADDRESS']);
  });

  it('has a model find the names', async () => {
    await writeTokenClassifier(path.join(folder, 'ner'));
    const { out, exitCode } = await run(
      ['scan', '--model', 'ner'],
      line(1, 'okri: a@b.example') + line(2, 'Dr. Vance'),
    );
    expect([exitCode, out]).toEqual([
      0,
      '{"id":1,"spans":[{"start":0,"end":4,"type":"PERSON","score":0.99},{"start":6,"end":17,"type":"EMAIL_ADDRESS","score":0.95}]}\n{"id":2,"spans":[]}\n',
    ]);
    const patterns = await run(['scan', '--model', 'none', '--types', 'URL'], line(1, 'okri'));
    expect(patterns.exitCode).toBe(0);
  });

  it.each([
    [['scan', '--model', 'none'], 1, 'none/config.json'],
    [['scan', '--types', 'SHOE_SIZE'], 2, '--types has "SHOE_SIZE": it must be of EMAIL_ADDRESS, URL,'],
    [['scan', '--min-score', '7'], 2, '--min-score is 7: 0 to 1 is allowed.'],
    [['scan', 'a', 'b'], 2, 'pii scan takes one file at most.'],
    [['find'], 2, 'pii needs one of policy, set-policy, report, scan.'],
    [['scan', 'none.jsonl'], 1, 'none.jsonl cannot be read'],
    [['scan', '.'], 1, 'cannot be read: it is a folder'],
  ])('%j ends with %i and says why', async (args, exitCode, message) => {
    const answer = await run(args);
    expect(answer).toMatchObject({ exitCode, out: '' });
    expect(answer.error).toContain(message);
  });

  it('explains itself', async () => {
    expect((await run(['--help'])).out).toContain('Examples:');
  });
});

describe('linesOf', () => {
  it('gives lines whatever the pieces are, and nothing of one that is too long', async () => {
    const lines = await Array.fromAsync(linesOf(Readable.from(['a', 'b\r\n', 'ü\nlast'])));
    expect(lines.map(({ number, text: content }) => [number, content])).toEqual([
      [1, 'ab'],
      [2, 'ü'],
      [3, 'last'],
    ]);
    const long = Readable.from([Buffer.alloc(longestLineBytes), Buffer.from('x\ny\n')]);
    const [first, second] = await Array.fromAsync(linesOf(long));
    expect([first?.text, second?.text]).toEqual([undefined, 'y']);
  });
});
