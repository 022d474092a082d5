import { readGeneration, type Generation, type GenerationBody } from '@millrace/relay';
import { completionBodySchema } from './completion-schema.ts';
import { onlyTogether } from './read-chat.ts';
import type { StreamBody } from './shared-schema.ts';

/** A body that fits `completionBodySchema`. */
export interface CompletionBody extends Omit<GenerationBody, 'messages' | 'prompt'>, StreamBody {
  readonly model: string;
  readonly prompt: string | readonly string[];
}

/** @throws what `readGeneration` throws; `conflicting_values` */
export function readCompletion(body: CompletionBody): Generation {
  const { prompt, stream_options: options, stream, ...rest } = body;
  if (options !== undefined && stream !== true) throw onlyTogether('stream_options', 'stream');
  const { max_tokens, temperature } = completionBodySchema.properties;
  return readGeneration({
    ...rest,
    prompt: [prompt].flat().join(''),
    max_tokens: body.max_tokens ?? max_tokens.default,
    temperature: body.temperature ?? temperature.default,
  });
}
