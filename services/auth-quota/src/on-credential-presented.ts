import { subjects, type CredentialVerified } from '@millrace/contracts';
import { isToken, type TokenVerifier } from '@millrace/identity';
import { MillraceError, type ErrorCode, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import type { KeyUses } from './key-uses.ts';
import { verifyCredential } from './verify-credential.ts';

const queue = 'auth-quota';

/** What a token is refused with; anything else that goes wrong is no refusal. */
const refusals: ReadonlySet<ErrorCode> = new Set(['invalid_api_key', 'permission_denied']);

/**
 * Answers gateways that ask who a credential belongs to: an API key, or a token of an identity provider. One that is not valid gets
 * `invalid_api_key`, one of someone who may not get in `permission_denied`; when the database or the issuer's keys are away the answer is
 * `unavailable`, never a refusal of a good credential.
 */
export function onCredentialPresented(
  dependencies: StageDependencies & { readonly database: Database; readonly tokens: TokenVerifier },
  uses: Pick<KeyUses, 'note'>,
): Promise<Stoppable> {
  const { bus, codec, clock, database, logger, metrics, tokens } = dependencies;
  const verifications = metrics.counter({
    name: 'millrace_credential_verifications_total',
    help: 'Credentials that were presented, by result.',
    labelNames: ['result'],
  });
  const answer = async (payload: Uint8Array): Promise<CredentialVerified> => {
    try {
      const { credential } = codec.decode('credential.presented', payload);
      if (!isToken(credential)) return await verifyCredential(database, credential, clock.now());
      return { principal: await tokens.verify(credential), code: null, message: null };
    } catch (error) {
      if (error instanceof MillraceError && refusals.has(error.code))
        return { principal: null, code: error.code, message: error.message };
      logger.error({ error, stage: queue }, 'a credential could not be verified');
      const known = MillraceError.from(error, 'unavailable');
      const code = known.code === 'message_corrupt' ? known.code : 'unavailable';
      return { principal: null, code, message: 'The credential cannot be verified right now.' };
    }
  };
  return bus.respond(subjects.verify, queue, async (payload) => {
    const verified = await answer(payload);
    verifications.inc({ result: verified.code ?? 'valid' });
    if (verified.principal !== null) uses.note([verified.principal.key_id], clock.now());
    return codec.encode('credential.verified', verified);
  });
}
