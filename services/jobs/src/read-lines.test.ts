import { expect, it } from 'vitest';
import { readBatchLine } from './read-batch-line.ts';
import { readLines, type TextLine } from './read-lines.ts';

async function linesOf(pieces: readonly (string | Buffer)[], maxBytes = 100): Promise<TextLine[]> {
  async function* source() {
    for (const piece of pieces) yield Buffer.from(piece);
  }
  const lines: TextLine[] = [];
  for await (const line of readLines(source(), maxBytes)) lines.push(line);
  return lines;
}

it('finds the same lines wherever the pieces are cut', async () => {
  const text = Buffer.from('{"a": "größe"}\n\n{"b": 2}\nlast');
  const whole = await linesOf([text]);
  expect(whole.map((line) => line.text)).toEqual(['{"a": "größe"}', '', '{"b": 2}', 'last']);
  for (let cut = 0; cut <= text.length; cut += 1)
    expect(await linesOf([text.subarray(0, cut), text.subarray(cut)])).toEqual(whole);
  expect((await linesOf([text, '\n'])).at(-1)?.number).toBe(4);
});

it('says which lines are too long or no text, and goes on behind them', async () => {
  const lines = await linesOf(['12345', '67890', '1\nshort\n', Buffer.from([0xff, 0x0a]), 'end'], 10);
  expect(lines.map(({ number, text, problem }) => [number, text, problem])).toEqual([
    [1, undefined, 'too_long'],
    [2, 'short', undefined],
    [3, undefined, 'not_utf8'],
    [4, 'end', undefined],
  ]);
});

it.each([
  ['{"custom_id":"a","method":"POST","url":"/v1/x","body":{"p":1}}', undefined],
  ['nothing', 'invalid_json_line'],
  ['[]', 'invalid_json_line'],
  ['{"custom_id":1,"method":"POST","url":"/v1/x","body":{}}', 'missing_required_parameter'],
  ['{"custom_id":"a","method":"GET","url":"/v1/x","body":{}}', 'invalid_method'],
  ['{"custom_id":"a","method":"POST","url":"/v1/y","body":{}}', 'mismatched_endpoint'],
  ['{"custom_id":"a","method":"POST","url":"/v1/x","body":[]}', 'invalid_request'],
  ['{"custom_id":"a","method":"POST","url":"/v1/x","body":{},"more":1}', 'invalid_request'],
])('reads %s', (text, code) => {
  const read = readBatchLine({ number: 7, text, problem: undefined }, '/v1/x', 100);
  expect(read).toMatchObject(
    code === undefined ? { request: { customId: 'a', body: { p: 1 } } } : { error: { code, line: 7 } },
  );
});
