import { MillraceError } from '@millrace/runtime';

/** @param reason what the provider did */
export function failed(
  reason: string,
  options: { readonly cause?: unknown; readonly retryable?: boolean } = {},
): MillraceError {
  return new MillraceError('provider_failed', `The provider of the model failed: ${reason}.`, options);
}
