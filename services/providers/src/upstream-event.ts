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

/** The calls of a choice, put together. */
export function mergeCalls(deltas: readonly ToolCallDelta[]): readonly ToolCall[] {
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  for (const { index, id, name, arguments: piece } of deltas) {
    const call = calls.get(index) ?? { id: '', name: '', arguments: '' };
    calls.set(index, {
      id: id ?? call.id,
      name: name ?? call.name,
      arguments: call.arguments + piece,
    });
  }
  return [...calls].map(([index, { id, name, arguments: text }]) => ({
    id: id === '' ? `call_${index}` : id,
    type: 'function',
    function: { name, arguments: text },
  }));
}
