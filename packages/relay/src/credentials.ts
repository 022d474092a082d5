import { createHash } from 'node:crypto';
import { subjects, type CredentialVerified, type VerifiedPrincipal } from '@millrace/contracts';
import { requireUsable } from '@millrace/control-plane/permissions';
import { errorCodes, MillraceError, type ErrorCode, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { createAddressThrottle } from './address-throttle.ts';
import { whyBarred, type Bars } from './bars.ts';
import { BoundedCache } from './bounded-cache.ts';
import { guardCall } from './circuit-breaker.ts';
import type { Revocations } from './revocations.ts';

export interface CredentialOptions {
  /** How long to wait for the answer. */
  readonly verifyTimeoutMs: number;
  /** How long an answer holds. A revocation takes effect at once all the same. */
  readonly credentialCacheMs: number;
  /** Credentials from one address that may fail in a window, before all that are not known to be good are refused. */
  readonly authFailures: number;
  readonly authFailureWindowMs: number;
}

/** Finds out who a credential belongs to. */
export interface Credentials extends Stoppable {
  /**
   * @param address that the client has
   * @throws `invalid_api_key`; `permission_denied` for someone who may not get in, or an address that the key may not be used from;
   *   `rate_limit_exceeded` where too many credentials from the address have failed; `unavailable` when nobody can say
   */
  verify(credential: string | undefined, address: string): Promise<VerifiedPrincipal>;
}

/** Good and bad answers are kept apart, so that a flood of bad credentials does not push out the good ones. */
const capacity = 10_000;
/** Tokens can be long, API keys are not. */
const maxCredentialLength = 8_192;
/** How long to refuse at once when the last answers did not come. */
const breakMs = 2_000;

export function createCredentials(
  { bus, codec, clock, metrics }: Pick<StageDependencies, 'bus' | 'codec' | 'clock' | 'metrics'>,
  revocations: Revocations,
  bars: Bars,
  { verifyTimeoutMs, credentialCacheMs, authFailures, authFailureWindowMs }: CredentialOptions,
): Credentials {
  const known = new BoundedCache<VerifiedPrincipal>({ clock, capacity, keepMs: credentialCacheMs });
  const unknown = new BoundedCache<MillraceError>({ clock, capacity, keepMs: credentialCacheMs });
  const asking = new Map<string, Promise<VerifiedPrincipal>>();
  const forget = (keyId: string): void => known.deleteWhere((principal) => principal.key_id === keyId);
  const throttled = metrics.counter({
    name: 'millrace_gateway_throttled_credentials_total',
    help: 'Credentials that nobody looked at, since too many from their address were not valid.',
  });
  const throttle = createAddressThrottle(
    clock,
    { failures: authFailures, windowMs: authFailureWindowMs },
    () => throttled.inc(),
  );
  const listeners = [
    revocations.onRevoked(forget),
    revocations.onChanged(forget),
    bars.onBarred((bar) => known.deleteWhere((principal) => whyBarred(principal, bar) !== undefined)),
    // Who was revoked meanwhile is told a moment after the connection is there again: until then nobody is known.
    bus.onConnectionChange((connected) => {
      if (!connected) known.clear();
    }),
  ];

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

  const ask = async (credential: string, hash: string, address: string): Promise<VerifiedPrincipal> => {
    const answer = await verification.call(credential);
    if (answer.principal !== null) {
      known.set(hash, answer.principal);
      return answer.principal;
    }
    const error = refusal(answer);
    if (error.code === 'invalid_api_key') throttle.failed(address);
    if (!error.retryable) unknown.set(hash, error);
    throw error;
  };

  const askOnce = async (credential: string, address: string): Promise<VerifiedPrincipal> => {
    const hash = createHash('sha256').update(credential).digest('base64');
    const principal = known.get(hash);
    if (principal !== undefined) return principal;
    // Whoever shares an address with an attacker, and is known, is served.
    throttle.require(address);
    const refused = unknown.get(hash);
    if (refused !== undefined) throw refused;
    const pending = asking.get(hash) ?? ask(credential, hash, address).finally(() => asking.delete(hash));
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
      if (credential.length > maxCredentialLength) {
        throttle.require(address);
        throttle.failed(address);
        throw new MillraceError('invalid_api_key', 'The API key is not valid.');
      }
      const principal = await askOnce(credential, address);
      if (revocations.has(principal.key_id))
        throw new MillraceError('invalid_api_key', 'The API key was revoked.');
      const barred = bars.why(principal);
      if (barred !== undefined) throw new MillraceError('permission_denied', barred);
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
