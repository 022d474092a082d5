import { MillraceError, type Clock, type IdGenerator } from '@millrace/runtime';
import type { Sealing } from '@millrace/sealing';
import type { Database } from '@millrace/store';

/** What those who keep jobs, files and batches are handed. */
export interface JobDependencies {
  readonly database: Database;
  readonly sealing: Sealing;
  readonly clock: Clock;
  /** UUIDs in the order of their making. */
  readonly nextId: IdGenerator;
}

export type IdPrefix = 'job_' | 'resp_' | 'file-' | 'batch_' | 'msg_';

/** An id that says what it is of. Ids of one kind are in the order of their making. */
export function newId(nextId: IdGenerator, prefix: IdPrefix): string {
  return prefix + nextId().replaceAll('-', '');
}

const idPattern = /^[a-z]{3,8}[_-][\da-f]{32}$/;

/** Whether it looks like an id that `newId` has made. What does not is not looked up: a database takes not every text. */
export function isId(text: string): boolean {
  return idPattern.test(text);
}

/** The same answer for what never was, is gone, or belongs to someone else. */
export function notFound(
  what: 'job' | 'response' | 'input item' | 'file' | 'batch',
  param: string,
): MillraceError {
  return new MillraceError('request_not_found', `There is no such ${what}, or it is no longer kept.`, {
    param,
  });
}
