import { compileValidator, MillraceError } from '@millrace/runtime';
import type { Endpoint } from '../endpoints.ts';
import { named } from '../field-names.ts';
import { withoutRefused } from '../openai/refused-parameters.ts';
import { createBodyReader } from '../read-body.ts';
import type { StreamStart } from '../stream-frames.ts';
import { readResponse, responseName, type ResponseBody } from './read-response.ts';
import { responseFrames } from './response-frames.ts';
import { wholeResponse, type ResponseHead } from './response-object.ts';
import { refusedInResponses, responseBodySchema } from './response-schema.ts';

export const responsesPath = '/v1/responses';

/** Makes the reader of `POST /v1/responses`. The reader refuses by name what cannot be honoured. */
export function createResponseReader(): (value: unknown) => ResponseBody {
  const read = createBodyReader<object>((value) => value as object);
  const validate = compileValidator<ResponseBody>(responseBodySchema);
  return (value) => validate(withoutRefused(read(value), refusedInResponses));
}

/** What needs responses that are kept is done before it comes here. @throws `unsupported_value` */
function requireAlone({ previous_response_id, background, store }: ResponseBody): void {
  const field =
    (previous_response_id !== undefined && 'previous_response_id') ||
    (background === true && 'background') ||
    (store === true && 'store');
  if (field === false) return;
  throw new MillraceError('unsupported_value', `${field} is for POST ${responsesPath} itself`, {
    param: field,
  });
}

/** Responses as whoever asks for one gets it, stored or not. The conversation before it stands in its input already. */
export function responseEndpoint(): Endpoint {
  const readBody = createResponseReader();
  return {
    path: responsesPath,
    read(value) {
      const body = readBody(value);
      const generation = named(() => readResponse(body), responseName);
      requireAlone(body);
      const headOf = ({ requestId, model, acceptedAt }: StreamStart): ResponseHead => ({
        id: `resp_${requestId}`,
        createdAt: acceptedAt,
        body,
        model,
      });
      return {
        generation,
        stream: body.stream === true,
        answer: (collected, start, end) => wholeResponse(headOf(start), start.requestId, collected, end),
        frames: (start) => responseFrames(headOf(start), () => start.requestId),
        nameOf: responseName,
      };
    },
  };
}
