import type { TokenLogprobs, ToolCall } from '@millrace/stage';

/** What came of one choice. */
export interface UpstreamDelta {
  readonly kind: 'delta';
  readonly choice: number;
  readonly text: string;
  readonly logprobs: readonly TokenLogprobs[] | undefined;
  readonly toolCalls: readonly ToolCallDelta[];
  readonly finishReason: string | undefined;
}

/** A piece of a call: the arguments come bit by bit. */
export interface ToolCallDelta {
  readonly index: number;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly arguments: string;
}

export interface UpstreamUsage {
  readonly kind: 'usage';
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

export type UpstreamEvent = UpstreamDelta | UpstreamUsage;

/** Two pieces of one call, put together. */
export function mergeDeltas(
  before: ToolCallDelta | undefined,
  { index, id, name, arguments: text }: ToolCallDelta,
): ToolCallDelta {
  return {
    index,
    id: id ?? before?.id,
    name: name ?? before?.name,
    arguments: (before?.arguments ?? '') + text,
  };
}

/** Calls that are whole. */
export function callsOf(merged: Iterable<ToolCallDelta>): readonly ToolCall[] {
  return Array.from(merged, ({ index, id = '', name = '', arguments: text }) => ({
    id: id === '' ? `call_${index}` : id,
    type: 'function',
    function: { name, arguments: text },
  }));
}
