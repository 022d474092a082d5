import { subjects, type CredentialVerified } from '@millrace/contracts';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import type { KeyUses } from './key-uses.ts';
import { verifyCredential } from './verify-credential.ts';

const queue = 'auth-quota';

/**
 * Answers gateways that ask who a credential belongs to. A credential that is not valid gets `invalid_api_key`; when the
 * database is away the answer is `unavailable`, never a refusal of a good key.
 */
export function onCredentialPresented(
  dependencies: StageDependencies & { readonly database: Database },
  uses: Pick<KeyUses, 'note'>,
): Promise<Stoppable> {
  const { bus, codec, clock, database, logger, metrics } = dependencies;
  const verifications = metrics.counter({
    name: 'millrace_credential_verifications_total',
    help: 'Credentials that were presented, by result.',
    labelNames: ['result'],
  });
  const answer = async (payload: Uint8Array): Promise<CredentialVerified> => {
    try {
      const { credential } = codec.decode('credential.presented', payload);
      return await verifyCredential(database, credential, clock.now());
    } catch (error) {
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
