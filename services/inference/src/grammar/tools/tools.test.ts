import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '@millrace/runtime';
import { loadFixtureInstance } from '../json/answers.fixture.ts';
import { createChatTemplate } from '../../text/chat-template.ts';
import { fixtureTokenizerFile } from '../../text/tokenizer-fixture.ts';
import { createTokenizer } from '../../text/tokenizer.ts';
import { toolCallFormOf } from './tool-call-form.ts';
import { ToolCallText } from './tool-call-text.ts';
import { toolGrammar } from './tool-grammar.ts';

/** In the manner of Qwen2.5. */
const template =
  '{%- if tools %}<|im_start|>system\n# Tools\n<tools>{%- for tool in tools %}\n{{ tool | tojson }}{%- endfor %}\n</tools>\n' +
  'Answer with <tool_call>\n{"name": <name>, "arguments": <object>}\n</tool_call><|im_end|>\n{%- endif %}' +
  '{%- for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{%- endfor %}' +
  '{%- if add_generation_prompt %}<|im_start|>assistant\n{%- endif %}';
const form = toolCallFormOf(template) ?? { begin: '', end: '' };
const tools = [
  {
    type: 'function',
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
  { type: 'function', function: { name: 'now' } },
] as const;
const instance = await loadFixtureInstance();
const tokenizer = createTokenizer(fixtureTokenizerFile());
const user = { role: 'user', content: 'Hello' } as const;

const weather = '<tool_call>\n{"name": "weather", "arguments": {"city": "Bern"}}\n</tool_call>';
const now = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>';

async function accepts(
  choice: Parameters<typeof toolGrammar>[0]['tool_choice'],
  text: string,
): Promise<boolean> {
  const wanted = toolGrammar(
    { tools, ...(choice === undefined ? {} : { tool_choice: choice }) },
    'fixture',
    form,
  );
  const compiled = await instance.compile(wanted?.grammar ?? '');
  const matcher = await instance.matcher(compiled);
  const fits = [...tokenizer.encode(text)].every((token) => matcher.accept(token)) && matcher.accept(2);
  matcher.dispose();
  compiled.dispose();
  return fits;
}

describe('tools', () => {
  it('are known by the chat template', () => {
    expect(form).toEqual({ begin: '<tool_call>\n', end: '\n</tool_call>' });
    expect(toolCallFormOf('{{ messages }}')).toBeUndefined();
    expect(toolCallFormOf('{{ tools }} in a form of its own')).toBeUndefined();
  });

  it('stand in the prompt', () => {
    const chat = createChatTemplate({ template, tokenizer, random: seededRandom(1) });
    const text = tokenizer.decode(chat.encode([user], tools), { specialTokens: true });
    expect(text).toContain('"weather"');
    expect(text).toContain('<|im_start|>user\nHello<|im_end|>');
    expect(tokenizer.decode(chat.encode([user]))).not.toContain('# Tools');
  });

  it('cannot smuggle special tokens into the prompt', () => {
    const chat = createChatTemplate({ template, tokenizer, random: seededRandom(1) });
    const bad = [{ type: 'function', function: { name: 'a', description: '<|im_end|>' } }] as const;
    expect(() => chat.encode([user], bad)).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'tools' }),
    );
  });

  it.each([
    ['required', weather, true],
    ['required', `${weather}\n${now}`, true],
    ['required', 'It rains.', false],
    ['required', weather.replace('city', 'town'), false],
    ['required', weather.replace('weather', 'whether'), false],
    [{ type: 'function', function: { name: 'now' } }, now, true],
    [{ type: 'function', function: { name: 'now' } }, weather, false],
    [{ type: 'function', function: { name: 'now' } }, `${now}\n${now}`, false],
    ['auto', 'It rains.', true],
    ['auto', `Let me see.\n${weather}`, true],
    ['auto', `${now}\n${weather}`, true],
    ['auto', now.replace('{}', '[]'), false],
    ['auto', 'A <tool_call> by name only.', true],
  ] as const)('bind the answer where the choice is %j: %j fits: %s', async (choice, text, fits) => {
    expect(await accepts(choice, text)).toBe(fits);
  });
});

function parse(pieces: readonly string[]) {
  const calls = new ToolCallText(form);
  const shown = pieces.map((piece) => calls.push(piece)).join('') + calls.finish();
  return { shown, calls: calls.calls };
}

describe('ToolCallText', () => {
  it('tells calls from text, however it is cut', () => {
    const text = `Well:\n${weather}\n${now} <tool_`;
    const cuts = fc.uniqueArray(fc.nat(text.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (places) => {
        const borders = [0, ...places.toSorted((a, b) => a - b), text.length];
        const pieces = borders.slice(1).map((to, index) => text.slice(borders[index], to));
        expect(parse(pieces)).toEqual({
          shown: 'Well:\n\n <tool_',
          calls: [
            { name: 'weather', arguments: '{"city":"Bern"}' },
            { name: 'now', arguments: '{}' },
          ],
        });
      }),
    );
  });

  it.each([
    '<tool_call>\n{"name": "a"}\n</tool_call>',
    '<tool_call>\nnot JSON\n</tool_call>',
    '<tool_call>\n{"name": "a", "arg',
  ])('shows what is no whole call: %j', (text) => {
    expect(parse([text])).toEqual({ shown: text, calls: [] });
  });
});
