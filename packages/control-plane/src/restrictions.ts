import { MillraceError } from '@millrace/runtime';
import type { Actor } from './actor.ts';
import { isAddressIn } from './addresses.ts';

/** @throws `permission_denied` where a key may not be used from this address, `invalid_api_key` where it has expired */
export function requireUsable(
  { allowed_addresses, expires_at }: Pick<Actor, 'allowed_addresses' | 'expires_at'>,
  address: string,
  now: number,
): void {
  if (expires_at !== null && expires_at <= now)
    throw new MillraceError('invalid_api_key', 'The API key has expired.');
  if (allowed_addresses === null || isAddressIn(address, allowed_addresses)) return;
  throw new MillraceError('permission_denied', `The API key may not be used from ${address}.`);
}

/** Whether a key may ask for a model; null allows all. */
export function isModelAllowed(allowed: readonly string[] | null | undefined, model: string): boolean {
  return allowed === null || allowed === undefined || allowed.includes(model);
}

/** The refusal of a model that a key may not ask for. */
export function modelNotAllowed(model: string, allowed: readonly string[]): MillraceError {
  return new MillraceError(
    'permission_denied',
    `The API key may not ask for the model ${JSON.stringify(model)}: it may ask for ${allowed.length === 0 ? 'none' : allowed.join(', ')}.`,
    { param: 'model' },
  );
}
