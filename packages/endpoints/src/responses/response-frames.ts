import { clientError, type RelayChunk, type RelayCompleted } from '@millrace/relay';
import type { MillraceError } from '@millrace/runtime';
import type { ToolCall } from '@millrace/stage';
import { CollectedChoices } from '../collected-choices.ts';
import type { StreamFrame, StreamFrames } from '../stream-frames.ts';
import {
  callItem,
  messageItem,
  outputText,
  responseOf,
  wholeResponse,
  type ResponseHead,
  type ResponseObject,
} from './response-object.ts';

/** The events of a response. */
export interface ResponseFrames extends StreamFrames {
  /** Those that come before the answer; by themselves they come with its first piece. */
  readonly begin: () => readonly StreamFrame[];
  /** Takes the next sequence number, for an event that is none of the answer. */
  readonly next: () => number;
}

/**
 * The events of the Responses API: a function of the answer alone, so that their sequence numbers are the same for whoever reads,
 * from the first one on.
 *
 * @param after sequence number of the last event that the client has; -1 for none
 */
export function responseFrames(head: ResponseHead, requestId: () => string, after = -1): ResponseFrames {
  const collected = new CollectedChoices();
  let sequenceNumber = -1;
  let hasBegun = false;
  let hasMessage = false;
  const calls: ToolCall[] = [];

  const frame = (type: string, data: object): readonly StreamFrame[] => {
    sequenceNumber += 1;
    if (sequenceNumber <= after) return [];
    return [{ event: type, data: { type, ...data, sequence_number: sequenceNumber } }];
  };
  const begin = (): readonly StreamFrame[] => {
    if (hasBegun) return [];
    hasBegun = true;
    const response = responseOf(head, 'in_progress');
    return [...frame('response.created', { response }), ...frame('response.in_progress', { response })];
  };
  const place = () => ({ item_id: `msg_${requestId()}`, output_index: 0, content_index: 0 });
  const beginMessage = (): readonly StreamFrame[] => {
    if (hasMessage) return [];
    hasMessage = true;
    return [
      ...frame('response.output_item.added', {
        output_index: 0,
        item: messageItem(requestId(), 'in_progress'),
      }),
      ...frame('response.content_part.added', { ...place(), part: outputText('') }),
    ];
  };
  const endMessage = (status: 'completed' | 'incomplete'): readonly StreamFrame[] => {
    const { text } = collected.choice(0);
    return [
      ...frame('response.output_text.done', { ...place(), text, logprobs: [] }),
      ...frame('response.content_part.done', { ...place(), part: outputText(text) }),
      ...frame('response.output_item.done', {
        output_index: 0,
        item: messageItem(requestId(), status, text),
      }),
    ];
  };
  const wholeCall = (call: ToolCall, output_index: number): readonly StreamFrame[] => {
    const item_id = `fc_${call.id}`;
    const { arguments: text, name } = call.function;
    return [
      ...frame('response.output_item.added', { output_index, item: callItem(call, 'in_progress') }),
      ...frame('response.function_call_arguments.delta', { item_id, output_index, delta: text }),
      ...frame('response.function_call_arguments.done', { item_id, output_index, name, arguments: text }),
      ...frame('response.output_item.done', { output_index, item: callItem(call, 'completed') }),
    ];
  };

  return {
    begin,
    next: () => (sequenceNumber += 1),
    chunk(event: RelayChunk) {
      collected.add(event);
      calls.push(...(event.toolCalls ?? []));
      const delta = { ...place(), delta: event.text, logprobs: [] };
      return [
        ...begin(),
        ...(event.text === '' ? [] : [...beginMessage(), ...frame('response.output_text.delta', delta)]),
      ];
    },
    completed(event: RelayCompleted) {
      const response = wholeResponse(head, requestId(), collected, event);
      const isWhole = response.status === 'completed';
      const frames = [...begin(), ...(calls.length === 0 ? beginMessage() : [])];
      if (hasMessage) frames.push(...endMessage(isWhole ? 'completed' : 'incomplete'));
      const first = hasMessage ? 1 : 0;
      for (const [index, call] of calls.entries()) frames.push(...wholeCall(call, first + index));
      return [...frames, ...endFrame(frame, response)];
    },
    failed: (error) => [...begin(), ...endFrame(frame, failedResponse(head, error))],
  };
}

function endFrame(
  frame: (type: string, data: object) => readonly StreamFrame[],
  response: ResponseObject,
): readonly StreamFrame[] {
  return frame(`response.${response.status}`, { response });
}

/** A response that came to nothing. */
export function failedResponse(head: ResponseHead, cause: MillraceError): ResponseObject {
  const { code, message } = clientError(cause);
  return responseOf(head, 'failed', { error: { code, message } });
}
