import {
  failedResponse,
  itemsOf,
  responseOf,
  textOf,
  type InputItem,
  type ResponseBody,
  type ResponseHead,
  type ResponseObject,
} from '@millrace/endpoints';
import type { WholeJob } from '@millrace/jobs';
import { errorCodes, MillraceError, type ErrorCode } from '@millrace/runtime';

/** What is known of a stored response from the start. */
export function headOf({ job, request }: WholeJob): ResponseHead {
  const body = request.original as ResponseBody;
  return { id: job.id, createdAt: job.createdAt, body, model: body.model };
}

/** A stored response as its client sees it. */
export function showResponse(stored: WholeJob): ResponseObject {
  const { job, result } = stored;
  const head = headOf(stored);
  if (result !== undefined && 'error' in result) return failedResponse(head, errorOf(stored));
  if (result !== undefined) {
    const { id, created_at, background, previous_response_id, store } = responseOf(head, 'completed');
    return { ...(result.answer as ResponseObject), id, created_at, background, previous_response_id, store };
  }
  if (job.status === 'queued') return responseOf(head, 'queued');
  return responseOf(head, job.status === 'running' ? 'in_progress' : 'cancelled');
}

/** Why a stored response failed. */
export function errorOf({ result }: WholeJob): MillraceError {
  if (result === undefined || !('error' in result))
    return new MillraceError('internal_error', 'The response ended without an answer.');
  const { code, message, param } = result.error;
  const known: ErrorCode = isErrorCode(code) ? code : 'internal_error';
  return new MillraceError(known, message, { param: param ?? undefined, retryable: false });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

/** The conversation up to a stored response, with its answer. @throws `conflicting_values` where there is none */
export function conversationOf(stored: WholeJob): readonly InputItem[] {
  const {
    job: { status },
    result,
  } = stored;
  if (status !== 'completed' || result === undefined || !('answer' in result)) {
    throw new MillraceError(
      'conflicting_values',
      `The response is ${status}: only one with an answer can be gone on behind.`,
      {
        param: 'previous_response_id',
      },
    );
  }
  const { output } = result.answer as ResponseObject;
  const answered = output.map((item): InputItem => {
    if (item.type === 'function_call') {
      const { type, call_id, name, arguments: text } = item;
      return { type, call_id, name, arguments: text };
    }
    return { type: 'message', role: 'assistant', content: textOf(item.content) };
  });
  const said = answered.filter((item) => item.type !== 'message' || item.content !== '');
  return [...inputOf(stored).map(essenceOf), ...said];
}

/**
 * What an item says, without what has no effect: it is stored again with each response that goes on behind it, and only what it says
 * counts for the limit of the content.
 */
function essenceOf(item: InputItem): InputItem {
  if (item.type === 'function_call') {
    const { type, call_id, name, arguments: text } = item;
    return { type, call_id, name, arguments: text };
  }
  if (item.type === 'function_call_output')
    return { type: item.type, call_id: item.call_id, output: textOf(item.output) };
  return { type: 'message', role: item.role, content: textOf(item.content) };
}

/** All that a stored response was made of, what came before it included. */
function inputOf({ request }: WholeJob): readonly InputItem[] {
  return itemsOf((request.body as ResponseBody).input);
}

/** Its input, as `input_items` lists it. */
export function showInput(stored: WholeJob): readonly { readonly id: string }[] {
  return inputOf(stored).map((item, index) => {
    const id = `msg_${stored.job.id.replace('resp_', '')}_${index}`;
    if (item.type === 'function_call') return { ...item, id, status: 'completed' };
    if (item.type === 'function_call_output')
      return { ...item, id, status: 'completed', output: textOf(item.output) };
    const type = item.role === 'assistant' ? 'output_text' : 'input_text';
    const content = [
      { type, text: textOf(item.content), ...(type === 'output_text' ? { annotations: [] } : {}) },
    ];
    return { id, type: 'message', status: 'completed', role: item.role, content };
  });
}
