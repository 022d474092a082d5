import type { VerifiedPrincipal } from '@millrace/contracts';
import { whyBarred, type Relay } from '@millrace/relay';
import { MillraceError, type Logger } from '@millrace/runtime';

/** Whether there is still someone to answer, from the verification of the credential to the end of the response. */
export interface ClientWatch {
  /** Aborted when the connection is closed before the answer is complete. */
  readonly gone: AbortSignal;
  /**
   * Aborted when the client is gone, with `invalid_api_key` when its API key was revoked, or with `permission_denied` when it may not get
   * in any more.
   */
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
    principal,
    logger,
  }: {
    readonly relay: Pick<Relay, 'onRevoked' | 'onBarred'>;
    readonly principal: VerifiedPrincipal;
    readonly logger: Logger;
  },
): ClientWatch {
  const gone = new AbortController();
  const ended = new AbortController();
  const watches = [
    relay.onRevoked((keyId) => {
      if (keyId === principal.key_id)
        ended.abort(new MillraceError('invalid_api_key', 'The API key was revoked.'));
    }),
    relay.onBarred((bar) => {
      const why = whyBarred(principal, bar);
      if (why !== undefined) ended.abort(new MillraceError('permission_denied', why));
    }),
  ];
  const onClose = (): void => {
    Promise.all(watches.map((watch) => watch.stop())).catch((error: unknown) =>
      logger.warn({ error }, 'revocations could not be unwatched'),
    );
    if (response.writableFinished) return;
    const reason = new Error('the client is gone');
    gone.abort(reason);
    ended.abort(reason);
  };
  if (response.closed) onClose();
  else response.once('close', onClose);
  return { gone: gone.signal, ended: ended.signal };
}
