import { eq } from '@millrace/store/sql';
import type { GatewayPrincipal } from '@millrace/relay';
import type { Clock } from '@millrace/runtime';
import { tenants, type Database } from '@millrace/store';

/** Who asks by a queue: the tenant that the subject names, which the NATS server has checked. */
export interface IntakeTenants {
  /** @returns undefined where there is no such tenant. @throws `database_unavailable` */
  principalOf(tenant: string, queue: string): Promise<GatewayPrincipal | undefined>;
}

/**
 * How long is remembered which organisation a tenant belongs to. That there is none is not: once it is made, what waits for it is answered.
 * Who is suspended is refused by admission, at once.
 */
const keepMs = 5_000;

interface Known {
  readonly organisation: Promise<string | undefined>;
  readonly until: number;
}

export function createIntakeTenants(database: Database, clock: Pick<Clock, 'now'>): IntakeTenants {
  const known = new Map<string, Known>();

  const lookUp = async (tenant: string): Promise<string | undefined> => {
    const rows = await database
      .select({ organisation: tenants.organisation })
      .from(tenants)
      .where(eq(tenants.id, tenant));
    return rows[0]?.organisation;
  };
  const organisationOf = (tenant: string): Promise<string | undefined> => {
    const now = clock.now();
    for (const [other, { until }] of known) if (until <= now) known.delete(other);
    const present = known.get(tenant);
    if (present !== undefined) return present.organisation;
    const organisation = lookUp(tenant);
    const forget = (): void => void known.delete(tenant);
    organisation.then((found) => found ?? forget(), forget);
    known.set(tenant, { organisation, until: now + keepMs });
    return organisation;
  };

  return {
    async principalOf(tenant, queue) {
      const organisation = await organisationOf(tenant);
      if (organisation === undefined) return undefined;
      return { tenant, organisation, key_id: keyOfQueue(queue), user_id: null, roles: [] };
    },
  };
}

/** What the requests of a queue count against, and are charged to, where others have an API key: limits can be set for it. */
function keyOfQueue(queue: string): string {
  return `queue:${queue}`;
}
