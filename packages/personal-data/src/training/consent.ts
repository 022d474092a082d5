import type { GatewayPrincipal, Generation, Relay, RelayEvent } from '@millrace/relay';
import { MillraceError, type Clock } from '@millrace/runtime';
import type { PersonalDataDependencies } from '../data-subject.ts';
import { collectWhole } from './collect-whole.ts';
import { keepExample, requireTrainingAllowed } from './keep-example.ts';

type Events = AsyncGenerator<RelayEvent, void, undefined>;

export interface ConsentOptions {
  readonly relay: Pick<Relay, 'policies'>;
  /** Undefined where there is no database. */
  readonly access: Pick<PersonalDataDependencies, 'database' | 'sealing'> | undefined;
  readonly clock: Clock;
  readonly onError: (error: unknown, requestId: string) => void;
}

/** A request whose client has consented. */
export interface ConsentedRequest {
  readonly principal: GatewayPrincipal;
  readonly requestId: string;
  readonly model: string;
  readonly generation: Pick<Generation, 'content'>;
}

/** Keeps what clients have released for training. */
export interface Consent {
  /** @throws `permission_denied` where the tenant does not allow it; `unavailable` where there is no database */
  require(principal: GatewayPrincipal): void;
  /** The same events; the answer is kept when it is whole. Its client does not wait for that. */
  keep(request: ConsentedRequest, events: Events): Events;
}

export function createConsent({ relay, access, clock, onError }: ConsentOptions): Consent {
  return {
    require({ tenant }) {
      requireTrainingAllowed(relay.policies, tenant);
      if (access !== undefined) return;
      throw new MillraceError('unavailable', 'This gateway has no database, which training examples need.', {
        param: 'consent',
      });
    },
    keep({ principal, requestId, model, generation }, events) {
      if (access === undefined) return events;
      const { tenant, key_id: keyId, user_id: user } = principal;
      const request = { tenant, keyId, user, requestId, model, content: generation.content };
      return collectWhole(events, (answer) => {
        keepExample({ ...access, clock }, { ...request, ...answer }).catch((error: unknown) =>
          onError(error, requestId),
        );
      });
    },
  };
}
