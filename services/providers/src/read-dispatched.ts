import type { SealingBox } from '@millrace/sealing';
import {
  openContent,
  readResults,
  type ChunkContent,
  type RequestEvent,
  type StageDependencies,
} from '@millrace/stage';
import { ProviderAnswer } from './answer.ts';
import { answerLimits } from './answer-limits.ts';
import type { UpstreamEvent } from './upstream-event.ts';

/** What another process has stored of an answer before it ended. */
export async function readDispatched(
  dependencies: Pick<StageDependencies, 'bus' | 'codec'>,
  box: SealingBox,
  event: RequestEvent,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const content = openContent(box, event.request_id, 'request', event.content);
  const answer = new ProviderAnswer(event.parameters.n, answerLimits(event, content));
  for await (const { record } of readResults(dependencies, event.request_id, { signal })) {
    if (record.kind !== 'CHUNK' || record.content === null) continue;
    answer.note(deltaOf(record.choice, openContent(box, event.request_id, 'chunk', record.content)));
  }
  return answer;
}

function deltaOf(
  choice: number,
  { text, tool_calls: calls = [] }: ChunkContent,
): UpstreamEvent & { readonly kind: 'delta' } {
  const toolCalls = calls.map(({ id, function: called }, index) => ({ index, id, ...called }));
  return { kind: 'delta', choice, text, logprobs: undefined, toolCalls, finishReason: undefined };
}
