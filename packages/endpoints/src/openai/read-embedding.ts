import { readTask, type Generation, type TaskBody } from '@millrace/relay';
import { renameList } from '../field-names.ts';

/** A body that fits `embeddingBodySchema`. */
export interface EmbeddingBody extends Pick<TaskBody, 'model' | 'priority' | 'timeout_ms' | 'cache'> {
  readonly model: string;
  readonly input: string | readonly string[];
  readonly encoding_format?: 'float' | 'base64';
}

/** @throws what `readTask` throws */
export function readEmbedding({ input, encoding_format: _format, ...rest }: EmbeddingBody): Generation {
  return readTask('embed', { ...rest, text: input });
}

/** What the OpenAI API calls a field of the task. */
export function embeddingName(param: string): string {
  return renameList(param, 'text', 'input');
}
