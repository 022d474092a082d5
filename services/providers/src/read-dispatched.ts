import type { SealingBox } from '@millrace/sealing';
import { openContent, readResults, type RequestEvent, type StageDependencies } from '@millrace/stage';
import { ProviderAnswer } from './answer.ts';
import type { UpstreamEvent } from './upstream-event.ts';

/** What another process has stored of an answer before it ended. */
export async function readDispatched(
  dependencies: Pick<StageDependencies, 'bus' | 'codec'>,
  box: SealingBox,
  event: RequestEvent,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const answer = new ProviderAnswer(event.parameters.n);
  for await (const { record } of readResults(dependencies, event.request_id, { signal })) {
    if (record.kind !== 'CHUNK' || record.content === null) continue;
    const { text } = openContent(box, event.request_id, 'chunk', record.content);
    answer.note(deltaOf(record.choice, text));
  }
  return answer;
}

function deltaOf(choice: number, text: string): UpstreamEvent & { readonly kind: 'delta' } {
  return { kind: 'delta', choice, text, logprobs: undefined, toolCalls: [], finishReason: undefined };
}
