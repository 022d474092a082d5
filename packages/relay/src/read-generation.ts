import { MillraceError, requireWellFormed } from '@millrace/runtime';
import type { ChatMessage, RequestContent } from '@millrace/stage';
import { cacheUses } from './cache-uses.ts';
import { generationProperties as fields, maxContentBytes, type GenerationBody } from './generation-schema.ts';
import { priorities } from './priorities.ts';
import { readConstraints } from './read-constraints.ts';
import { readSampling } from './read-sampling.ts';
import type { Generation } from './submission.ts';

/**
 * What a body that fits the schema asks for, with the defaults filled in.
 *
 * @throws `missing_value`, `invalid_value`, `conflicting_values`, `payload_too_large`, `invalid_unicode`
 */
export function readGeneration(body: GenerationBody): Generation {
  requireWellFormed({ model: body.model, prompt: body.prompt, messages: body.messages, stop: body.stop });
  const content = contentOf(body);
  requireSize(content, body.prompt === undefined ? 'messages' : 'prompt');
  return {
    operation: 'generate',
    model: body.model,
    content,
    parameters: { max_tokens: body.max_tokens ?? fields.max_tokens.default, ...readSampling(body) },
    isMaxTokensGiven: body.max_tokens !== undefined,
    seed: body.seed,
    priority: priorities[body.priority ?? fields.priority.default],
    timeoutMs: body.timeout_ms,
    cache: cacheUses[body.cache ?? fields.cache.default],
  };
}

function contentOf(body: GenerationBody): RequestContent {
  const { stop, logit_bias } = body;
  return {
    messages: messagesOf(body),
    stop: stop === undefined ? [] : [stop].flat(),
    ...(logit_bias === undefined || Object.keys(logit_bias).length === 0 ? {} : { logit_bias }),
    ...readConstraints(body),
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

/** Messages count as their text, calls of functions, response format and tools as JSON. */
function requireSize({ messages, response_format, tools }: RequestContent, param: string): void {
  const texts = messages.map(({ content }) => content);
  const calls = messages.map(({ tool_calls }) => tool_calls);
  for (const part of [...calls, response_format, tools])
    if (part !== undefined) texts.push(JSON.stringify(part));
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes <= maxContentBytes) return;
  throw new MillraceError(
    'payload_too_large',
    `The content has ${bytes} bytes: it may have ${maxContentBytes}`,
    { param },
  );
}
