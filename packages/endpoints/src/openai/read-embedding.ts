import { readTask, type Generation, type TaskBody } from '@millrace/relay';

/** A body that fits `embeddingBodySchema`. */
export interface EmbeddingBody extends Pick<TaskBody, 'model' | 'priority' | 'timeout_ms'> {
  readonly model: string;
  readonly input: string | readonly string[];
  readonly encoding_format?: 'float' | 'base64';
}

/** @throws what `readTask` throws */
export function readEmbedding({ input, encoding_format: _format, ...rest }: EmbeddingBody): Generation {
  return readTask('embed', { ...rest, text: input });
}
