import type { DataSubject, PersonalDataDependencies } from '../data-subject.ts';
import { exportVersion, type ExportRecord, type IndexEntry } from './export-record.ts';
import { exportStreams } from './export-streams.ts';
import { exportTables } from './export-tables.ts';

/**
 * All that is kept of a tenant or a user as JSON Lines, opened. The first line says whose it is, the last is an index: how many records
 * of which type there are, and on which line the first of them stands. It is read as it is written: memory stays the same.
 *
 * @throws while iterating: `database_unavailable`, `unavailable`, `decryption_failed` for what was altered; the signal's reason
 */
export async function* exportPersonalData(
  dependencies: Omit<PersonalDataDependencies, 'nextId'>,
  subject: DataSubject,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const index = new Map<string, { count: number; readonly first_line: number }>();
  let lines = 0;
  const lineOf = (record: ExportRecord): string => {
    lines += 1;
    const entry = index.get(record.type) ?? { count: 0, first_line: lines };
    entry.count += 1;
    index.set(record.type, entry);
    return `${JSON.stringify(record, plain)}\n`;
  };
  yield lineOf({
    type: 'export',
    version: exportVersion,
    ...subject,
    exported_at: new Date(dependencies.clock.now()),
  });
  for (const records of [exportTables(dependencies, subject), exportStreams(dependencies, subject, signal)]) {
    for await (const record of records) {
      signal.throwIfAborted();
      yield lineOf(record);
    }
  }
  const entries = Array.from(index, ([type, entry]): IndexEntry => ({ type, ...entry }));
  yield `${JSON.stringify({ type: 'index', lines: lines + 1, entries })}\n`;
}

/** Bytes that are left are hashes. */
function plain(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}
