import { MillraceError, requireWellFormed } from '@millrace/runtime';
import type { ChatMessage } from '@millrace/stage';
import { generationProperties as fields, maxContentBytes, type GenerationBody } from './generation-schema.ts';
import type { Generation } from './submission.ts';

/**
 * What a body that fits the schema asks for, with the defaults filled in.
 *
 * @throws `missing_value`, `conflicting_values`, `payload_too_large`, `invalid_unicode`
 */
export function readGeneration(body: GenerationBody): Generation {
  requireWellFormed({ model: body.model, prompt: body.prompt, messages: body.messages, stop: body.stop });
  const messages = messagesOf(body);
  const bytes = messages.reduce((sum, message) => sum + Buffer.byteLength(message.content), 0);
  if (bytes > maxContentBytes) {
    throw new MillraceError(
      'payload_too_large',
      `The content has ${bytes} bytes: it may have ${maxContentBytes}`,
      {
        param: body.prompt === undefined ? 'messages' : 'prompt',
      },
    );
  }
  return {
    model: body.model,
    messages,
    stop: body.stop === undefined ? [] : [body.stop].flat(),
    parameters: {
      max_tokens: body.max_tokens ?? fields.max_tokens.default,
      temperature: body.temperature ?? fields.temperature.default,
      top_k: body.top_k ?? fields.top_k.default,
      top_p: body.top_p ?? fields.top_p.default,
    },
    seed: body.seed,
  };
}

function messagesOf({ prompt, messages }: GenerationBody): readonly ChatMessage[] {
  if (prompt !== undefined && messages !== undefined) {
    throw new MillraceError(
      'conflicting_values',
      'prompt and messages exclude each other: send one of them',
      { param: 'messages' },
    );
  }
  if (messages !== undefined) return messages;
  if (prompt !== undefined) return [{ role: 'user', content: prompt }];
  throw new MillraceError('missing_value', 'prompt is missing: send prompt or messages', { param: 'prompt' });
}
