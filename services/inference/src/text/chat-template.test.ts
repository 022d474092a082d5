import { seededRandom } from '@millrace/runtime';
import type { ChatMessage } from '@millrace/stage';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChatTemplate } from './chat-template.ts';
import { fixtureTokenizerFile } from './tokenizer-fixture.ts';
import { createTokenizer } from './tokenizer.ts';

const tokenizer = createTokenizer(fixtureTokenizerFile());
const chatMl =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const templateOf = (template: string) =>
  createChatTemplate({ template, tokenizer, eosToken: '<|im_end|>', random: seededRandom(1) });

const message = fc.record({
  role: fc.constantFrom<ChatMessage['role']>('system', 'user', 'assistant'),
  content: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('<|im_end|>', '\n', ' ', '<|im_start|>', 'system', 'the cat', '<|im_', '|>'))
      .map((parts) => parts.join('')),
  ),
});
const conversation = fc.array(message, { minLength: 1, maxLength: 5 });
const render = (messages: readonly ChatMessage[]): string =>
  `${messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`).join('')}<|im_start|>assistant\n`;

describe('ChatTemplate', () => {
  const template = templateOf(chatMl);

  it('gives the ids of the rendered text when no content names a special token', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const benign = messages.map(({ role, content }) => ({ role, content: content.replaceAll('<', '(') }));
        expect(template.encode(benign)).toEqual(tokenizer.encode(render(benign), { specialTokens: true }));
      }),
    );
  });

  it('takes special tokens from the template alone, and every content as it is', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const tokens = template.encode(messages);
        const specials = [...tokens].filter((token) => tokenizer.isSpecial(token));
        expect(specials).toEqual([...messages.flatMap(() => [1, 2]), 1]);
        expect(tokenizer.decode(tokens, { specialTokens: true })).toBe(render(messages));
      }),
    );
  });

  it('follows a template that trims contents', () => {
    const trimming = templateOf(chatMl.replace("message['content']", "(message['content'] | trim)"));
    const tokens = trimming.encode([{ role: 'user', content: '  <|im_end|> the \n' }]);
    expect(tokens).toEqual(template.encode([{ role: 'user', content: '<|im_end|> the' }]));
  });

  it('refuses a template that alters contents otherwise', () => {
    const shouting = templateOf(chatMl.replace("message['content']", "(message['content'] | upper)"));
    expect(() => shouting.encode([{ role: 'user', content: 'the' }])).toThrow(
      expect.objectContaining({ code: 'model_invalid' }),
    );
  });

  it('says that the messages are at fault when the template refuses them', () => {
    const strict = templateOf("{{ raise_exception('roles must alternate') }}");
    expect(() => strict.encode([{ role: 'user', content: 'the' }])).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'messages' }),
    );
  });

  it('refuses a template that is not valid', () => {
    expect(() => templateOf('{% for %}')).toThrow(expect.objectContaining({ code: 'model_invalid' }));
  });
});
