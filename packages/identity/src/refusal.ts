import { MillraceError } from '@millrace/runtime';

/** Why a token counts as little as none. */
export const tokenRefused = (message: string, cause?: unknown): MillraceError =>
  new MillraceError('invalid_api_key', message, { cause });

/** Why someone who is known may not get in. */
export const entryDenied = (message: string): MillraceError =>
  new MillraceError('permission_denied', message);
