import { Template } from '@huggingface/jinja';
import { MillraceError, type RandomSource } from '@millrace/runtime';
import type { ChatMessage, FunctionTool } from '@millrace/stage';
import type { Segment, Tokenizer } from './tokenizer.ts';

export interface ChatTemplateOptions {
  /** The model's Jinja template. */
  readonly template: string;
  readonly tokenizer: Pick<Tokenizer, 'encodeSegments'>;
  /** The names of the tokens that the template may write as `bos_token` and `eos_token`. */
  readonly bosToken?: string | undefined;
  readonly eosToken?: string | undefined;
  /** Where a conversation has more tokens, the rest of it is not encoded. */
  readonly mostTokens?: number;
  /** For marks that nobody can guess. */
  readonly random: RandomSource;
}

export interface ChatTemplate {
  /**
   * Token ids of a conversation, ready for the model's answer.
   *
   * Special tokens come from the template alone: one that is named in a message's content is encoded as text. For
   * content without such names the ids are those of the rendered text. Of one that has more than `mostTokens` they are a beginning.
   *
   * @param tools what the answer may call, for templates that know of tools
   * @throws MillraceError invalid_value, param `tools`, if a tool names a special token; param `messages`, if the template refuses the messages (say, their order);
   *   model_invalid if the template alters contents in a way that cannot be followed
   */
  encode(messages: readonly ChatMessage[], tools?: readonly FunctionTool[]): Int32Array;
}

/** @throws MillraceError model_invalid if the template is not valid Jinja */
export function createChatTemplate(options: ChatTemplateOptions): ChatTemplate {
  let template: Template;
  try {
    template = new Template(options.template);
  } catch (error) {
    throw new MillraceError('model_invalid', 'The chat template of the model is not valid', { cause: error });
  }

  const render = (messages: readonly ChatMessage[], tools?: readonly FunctionTool[]): string => {
    try {
      return template.render({
        messages,
        ...(tools === undefined ? {} : { tools }),
        add_generation_prompt: true,
        bos_token: options.bosToken ?? '',
        eos_token: options.eosToken ?? '',
      });
    } catch (error) {
      throw new MillraceError('invalid_value', 'The chat template of the model refuses these messages', {
        cause: error,
        param: 'messages',
      });
    }
  };

  return {
    encode(messages, tools) {
      requireNoSpecialTokens(options.tokenizer, 'tools', tools);
      const calls = messages.flatMap(({ tool_calls }) => tool_calls ?? []);
      if (calls.length > 0) requireNoSpecialTokens(options.tokenizer, 'messages', calls);
      const rendered = render(messages, tools);
      const nonce = Buffer.from(options.random.bytes(16)).toString('hex');
      const marks = messages.map((_, index) => `[${nonce}-${index}]`);
      const withMarks = messages.map((message, index) => ({ ...message, content: marks[index] ?? '' }));
      const marked = render(withMarks, tools);
      const pieces = splitAtMarks(marked, nonce);
      for (const alter of [(content: string) => content, (content: string) => content.trim()]) {
        const contents = messages.map(({ content }) => alter(content));
        const segments = pieces.map((piece): Segment =>
          typeof piece === 'number'
            ? { text: contents[piece] ?? '', specialTokens: false }
            : { text: piece, specialTokens: true },
        );
        if (segments.map(({ text }) => text).join('') === rendered) {
          return options.tokenizer.encodeSegments(segments, options.mostTokens);
        }
      }
      throw new MillraceError(
        'model_invalid',
        'The chat template of the model alters the contents of messages',
      );
    },
  };
}

/** The template writes tools and calls of them itself, so their text would not be told from its own. */
function requireNoSpecialTokens(
  tokenizer: ChatTemplateOptions['tokenizer'],
  param: 'tools' | 'messages',
  written: object | undefined,
): void {
  if (written === undefined) return;
  const text = JSON.stringify(written);
  const [asText, asTemplate] = [false, true].map((specialTokens) =>
    tokenizer.encodeSegments([{ text, specialTokens }]),
  );
  if (asText?.join() === asTemplate?.join()) return;
  throw new MillraceError('invalid_value', `${param} has the name of a special token of the model in it`, {
    param,
  });
}

/** The template's own text, and in between the indexes of the messages whose contents stand there. */
function splitAtMarks(marked: string, nonce: string): (string | number)[] {
  return marked
    .split(new RegExp(String.raw`\[${nonce}-(\d+)\]`, 'u'))
    .map((piece, index) => (index % 2 === 1 ? Number(piece) : piece));
}
