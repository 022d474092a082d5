import { findRecord, makeReceipt, type ChainSource, type Receipt } from '@millrace/audit-log';
import type { VerifiedPrincipal } from '@millrace/contracts';
import type { Relay } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';

/** Servers of one cluster may be so far apart. */
const clockSkewMs = 2_000;
/** A request ends within seconds or minutes, and its chain is signed about once a minute. */
const retryAfterMs = 5_000;

/** Makes the handler of `GET /v1/requests/{id}/receipt`. It throws `request_not_found`, `receipt_pending`, `unavailable`. */
export function createReadReceipt(
  relay: Pick<Relay, 'closing'>,
  source: ChainSource,
): (requestId: string, principal: VerifiedPrincipal, signal: AbortSignal) => Promise<Receipt> {
  return async (requestId, principal, signal) => {
    const closing = await relay.closing(requestId, principal);
    if (closing === undefined) throw pending('has not ended');
    const { tenant } = closing.event;
    // No record is older than the closing that it is of, whatever the id says.
    const fromTime = closing.storedAt - clockSkewMs;
    const found = await findRecord(source, requestId, { tenant, fromTime, signal });
    if (found === undefined) throw pending('is not on record');
    const receipt = await makeReceipt(source, found, signal);
    if (receipt === undefined) throw pending('is on record, and no checkpoint covers it');
    return receipt;
  };
}

function pending(what: string): MillraceError {
  return new MillraceError('receipt_pending', `The request ${what} yet: ask again a little later.`, {
    param: 'request_id',
    retryAfterMs,
  });
}
