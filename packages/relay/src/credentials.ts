import { createHash } from 'node:crypto';
import { subjects, type CredentialVerified, type VerifiedPrincipal } from '@millrace/contracts';
import { requireUsable } from '@millrace/control-plane/permissions';
import { errorCodes, MillraceError, type ErrorCode, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { BoundedCache } from './bounded-cache.ts';
import { guardCall } from './circuit-breaker.ts';
import type { Revocations } from './revocations.ts';

export interface CredentialOptions {
  /** How long to wait for the answer. */
  readonly verifyTimeoutMs: number;
  /** How long an answer holds. A revocation takes effect at once all the same. */
  readonly credentialCacheMs: number;
}

/** Finds out who a credential belongs to. */
export interface Credentials extends Stoppable {
  /**
   * @param address that the client has
   * @throws `invalid_api_key`; `permission_denied` for an address that the key may not be used from; `unavailable` when nobody can say
   */
  verify(credential: string | undefined, address: string): Promise<VerifiedPrincipal>;
}

/** Good and bad answers are kept apart, so that a flood of bad credentials does not push out the good ones. */
const capacity = 10_000;
const maxCredentialLength = 4_096;
/** How long to refuse at once when the last answers did not come. */
const breakMs = 2_000;

export function createCredentials(
  { bus, codec, clock, metrics }: Pick<StageDependencies, 'bus' | 'codec' | 'clock' | 'metrics'>,
  revocations: Revocations,
  { verifyTimeoutMs, credentialCacheMs }: CredentialOptions,
): Credentials {
  const known = new BoundedCache<VerifiedPrincipal>({ clock, capacity, keepMs: credentialCacheMs });
  const unknown = new BoundedCache<MillraceError>({ clock, capacity, keepMs: credentialCacheMs });
  const asking = new Map<string, Promise<VerifiedPrincipal>>();
  const forget = (keyId: string): void => known.deleteWhere((principal) => principal.key_id === keyId);
  const listeners = [revocations.onRevoked(forget), revocations.onChanged(forget)];

  const verification = guardCall(
    async (credential: string): Promise<CredentialVerified> => {
      const presented = codec.encode('credential.presented', { credential });
      return codec.decode(
        'credential.verified',
        await bus.request(subjects.verify, presented, { timeoutMs: verifyTimeoutMs }),
      );
    },
    { name: 'verify', message: 'The credential cannot be verified right now.', breakMs, metrics },
  );

  const ask = async (credential: string, hash: string): Promise<VerifiedPrincipal> => {
    const answer = await verification.call(credential);
    if (answer.principal !== null) {
      known.set(hash, answer.principal);
      return answer.principal;
    }
    const error = refusal(answer);
    if (!error.retryable) unknown.set(hash, error);
    throw error;
  };

  const askOnce = async (credential: string): Promise<VerifiedPrincipal> => {
    const hash = createHash('sha256').update(credential).digest('base64');
    const principal = known.get(hash);
    if (principal !== undefined) return principal;
    const refused = unknown.get(hash);
    if (refused !== undefined) throw refused;
    const pending = asking.get(hash) ?? ask(credential, hash).finally(() => asking.delete(hash));
    asking.set(hash, pending);
    return pending;
  };

  return {
    async verify(credential, address) {
      if (credential === undefined || credential === '') {
        throw new MillraceError(
          'invalid_api_key',
          'No API key was given: send it as "Authorization: Bearer KEY".',
        );
      }
      if (credential.length > maxCredentialLength)
        throw new MillraceError('invalid_api_key', 'The API key is not valid.');
      const principal = await askOnce(credential);
      if (revocations.has(principal.key_id))
        throw new MillraceError('invalid_api_key', 'The API key was revoked.');
      requireUsable(principal, address, clock.now());
      return principal;
    },
    async stop() {
      for (const listener of listeners) await listener.stop();
      await verification.stop();
    },
  };
}

function refusal({ code, message }: CredentialVerified): MillraceError {
  const known: ErrorCode = code !== null && isErrorCode(code) ? code : 'invalid_api_key';
  return new MillraceError(known, message ?? 'The API key is not valid.');
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
