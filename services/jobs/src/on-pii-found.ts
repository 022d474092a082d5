import { isDatabaseAway, type EventWork } from '@millrace/stage';
import { MillraceError } from '@millrace/runtime';
import { onConnection, piiFindings, type Database } from '@millrace/store';

/** Keeps how much personal data was found, for the report: each finding once, however often it is told. */
export function onPiiFound(
  database: Database,
): (work: readonly EventWork<'pii.found'>[]) => Promise<readonly boolean[]> {
  return async (work) => {
    const rows = work.flatMap(({ event: { request_id, tenant, direction, findings, at } }) =>
      findings.map(({ type, action, count }) => ({
        requestId: request_id,
        direction: direction.toLowerCase(),
        type,
        action,
        tenant,
        day: new Date(at).toISOString().slice(0, 10),
        count,
      })),
    );
    try {
      if (rows.length > 0)
        await onConnection(database, (connection) =>
          connection.insert(piiFindings).values(rows).onConflictDoNothing(),
        );
    } catch (error) {
      throw isDatabaseAway(error)
        ? new MillraceError('unavailable', 'The database cannot be reached right now.', { cause: error })
        : error;
    }
    return work.map(() => true);
  };
}
