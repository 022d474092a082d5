import type { RelayCompleted } from '@millrace/relay';
import type { CollectedChoices } from '../collected-choices.ts';
import type { StreamStart } from '../stream-frames.ts';
import { taskAnswer } from '../task-answer.ts';
import type { EmbeddingBody } from './read-embedding.ts';

/** The list of `embedding` objects. @throws `cancelled` */
export function embeddingAnswer(
  { input, encoding_format: format }: EmbeddingBody,
  collected: CollectedChoices,
  start: StreamStart,
  end: RelayCompleted,
): object {
  const { results } = taskAnswer('embed', [input].flat().length, collected, start, end);
  const { input_tokens } = end.usage;
  return {
    object: 'list',
    data: results.map((result, index) => {
      const { embedding } = result as { readonly embedding: readonly number[] };
      return { object: 'embedding', index, embedding: format === 'base64' ? toBase64(embedding) : embedding };
    }),
    model: end.model ?? start.model,
    usage: { prompt_tokens: input_tokens, total_tokens: input_tokens },
  };
}

/** As numpy and the SDKs read it. */
function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(4 * vector.length);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, 4 * index);
  return bytes.toString('base64');
}
