import type { VerifiedPrincipal } from '@millrace/contracts';
import type { Relay } from '@millrace/relay';
import { compileValidator, MillraceError } from '@millrace/runtime';
import { cancelBodySchema } from './requests-part.ts';
import { createBodyReader } from './read-body.ts';

interface CancelBody {
  readonly request_id?: string;
  readonly idempotency_key?: string;
}

/** Makes the handler of `POST /v1/requests/cancel`; compiles its schema, so do it once. */
export function createCancel(
  relay: Pick<Relay, 'cancel' | 'cancelKeyed'>,
): (body: unknown, principal: VerifiedPrincipal) => Promise<void> {
  const readBody = createBodyReader(compileValidator<CancelBody>(cancelBodySchema));
  return async (value, principal) => {
    const { request_id: requestId, idempotency_key: key } = readBody(value);
    if (requestId !== undefined && key !== undefined) {
      throw new MillraceError(
        'conflicting_values',
        'request_id and idempotency_key exclude each other: send one of them',
        { param: 'idempotency_key' },
      );
    }
    if (requestId !== undefined) await relay.cancel(requestId, principal);
    else if (key !== undefined) await relay.cancelKeyed(key, principal);
    else {
      throw new MillraceError(
        'missing_value',
        'request_id is missing: name the request by request_id or idempotency_key',
        { param: 'request_id' },
      );
    }
  };
}
