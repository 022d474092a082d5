import { ContentBlocked, type PiiCount } from '@millrace/pii-policy';
import { MillraceError, type ErrorCode } from '@millrace/runtime';

/** Why content is not passed on, as one thread tells another: an error loses what it is on the way. It has no content. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** The type that the policy does not let through. */
  readonly blocked?: string;
}

export function refusalOf({ code, message, cause }: MillraceError): Refusal {
  return { code, message, ...(cause instanceof ContentBlocked ? { blocked: cause.type } : {}) };
}

export function errorOf({ code, message, blocked }: Refusal): MillraceError {
  return new MillraceError(
    code,
    message,
    blocked === undefined ? {} : { cause: new ContentBlocked(blocked) },
  );
}

/** What a refusal counts as: the one value that ended the search, or nothing. */
export function countsOf({ cause }: MillraceError): readonly PiiCount[] {
  return cause instanceof ContentBlocked ? [{ type: cause.type, action: 'block', count: 1 }] : [];
}
