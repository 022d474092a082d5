import type { MillraceError } from '@millrace/runtime';

/** The error body of the OpenAI API. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export function toErrorBody(error: MillraceError): ErrorBody {
  return {
    error: { message: error.message, type: error.type, param: error.param ?? null, code: error.code },
  };
}

/** An error of HTTP itself, such as an unknown path, has no code, as with the OpenAI API. */
export function bodyWithoutCode(message: string, param: string | null = null): ErrorBody {
  return { error: { message, type: 'invalid_request_error', param, code: null } };
}
