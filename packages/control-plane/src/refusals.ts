import { MillraceError } from '@millrace/runtime';

export type Resource =
  | 'organisation'
  | 'tenant'
  | 'user'
  | 'role'
  | 'key'
  | 'quota'
  | 'price'
  | 'ledger entry'
  | 'identity provider'
  | 'dead letter'
  | 'consented request'
  | 'PII policy';

/** The same answer for what is not there and for what is out of reach. */
export function notFound(what: Resource, param: string): MillraceError {
  return new MillraceError('resource_not_found', `There is no such ${what} within reach of the API key.`, {
    param,
  });
}

export function alreadyExists(what: Resource, id: string, param: string): MillraceError {
  const article = /^[aeio]/.test(what) ? 'an' : 'a';
  return new MillraceError('already_exists', `There is ${article} ${what} ${JSON.stringify(id)} already.`, {
    param,
  });
}

export function versionConflict(what: Resource, present: number): MillraceError {
  return new MillraceError(
    'version_conflict',
    `The ${what} was changed since it was read: its version is "${present}". Read it again.`,
    { param: 'If-Match' },
  );
}

/**
 * The row that an update of a version has found.
 *
 * @param present the version that is there; undefined where nothing is
 * @throws `resource_not_found`, `version_conflict`
 */
export function requireUpdated<Row>(
  updated: Row | undefined,
  what: Resource,
  param: string,
  present: number | undefined,
): Row {
  if (updated !== undefined) return updated;
  if (present === undefined) throw notFound(what, param);
  throw versionConflict(what, present);
}
