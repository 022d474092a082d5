import type { Relay } from '@millrace/relay';
import { MillraceError, type Logger } from '@millrace/runtime';

/** Whether there is still someone to answer, from the verification of the credential to the end of the response. */
export interface ClientWatch {
  /** Aborted when the connection is closed before the answer is complete. */
  readonly gone: AbortSignal;
  /** Aborted when the client is gone, or with `invalid_api_key` when its API key was revoked. */
  readonly ended: AbortSignal;
}

/** What is watched of a response. */
export interface WatchedResponse {
  readonly closed: boolean;
  readonly writableFinished: boolean;
  once(event: 'close', listener: () => void): unknown;
}

export function watchClient(
  response: WatchedResponse,
  {
    relay,
    keyId,
    logger,
  }: { readonly relay: Pick<Relay, 'onRevoked'>; readonly keyId: string; readonly logger: Logger },
): ClientWatch {
  const gone = new AbortController();
  const ended = new AbortController();
  const revocations = relay.onRevoked((revoked) => {
    if (revoked === keyId) ended.abort(new MillraceError('invalid_api_key', 'The API key was revoked.'));
  });
  const onClose = (): void => {
    revocations
      .stop()
      .catch((error: unknown) => logger.warn({ error }, 'revocations could not be unwatched'));
    if (response.writableFinished) return;
    const reason = new Error('the client is gone');
    gone.abort(reason);
    ended.abort(reason);
  };
  if (response.closed) onClose();
  else response.once('close', onClose);
  return { gone: gone.signal, ended: ended.signal };
}
