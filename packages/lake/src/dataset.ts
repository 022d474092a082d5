import type { StoredMessage } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import type { Column, Row, SourcedColumn } from './column.ts';

export type DatasetName = 'requests' | 'billing' | 'audit';

/** A stream as a table. */
export interface Dataset {
  readonly name: DatasetName;
  readonly stream: string;
  /** The subjects of a tenant in the stream, or of all. */
  readonly subjectOf: (tenant: string | undefined) => string;
  readonly columns: readonly Column[];
  /** @throws `schema_unknown`, `message_corrupt` */
  readonly read: (codec: Codec, message: StoredMessage) => DatasetRow;
  /** Names of columns with which a row that the stream has twice is known again; undefined: it has each once. */
  readonly number?: string;
}

export interface DatasetRow {
  readonly cells: Row;
  /** The day that it is filed under, in UTC: `2026-11-28`. */
  readonly day: string;
  /** Of a dataset whose rows are numbered. */
  readonly number?: number;
}

interface DatasetDefinition<Source> {
  readonly name: DatasetName;
  readonly stream: string;
  readonly subjectOf: (tenant: string | undefined) => string;
  readonly columns: readonly SourcedColumn<Source>[];
  readonly decode: (codec: Codec, message: StoredMessage) => Source;
  /** In milliseconds since the epoch. It follows the order of the stream, more or less: each day's rows lie together. */
  readonly filedAt: (source: Source) => number;
  readonly number?: { readonly column: string; readonly of: (source: Source) => number };
}

/** Makes a dataset of its columns. */
export function defineDataset<Source>(definition: DatasetDefinition<Source>): Dataset {
  const { name, stream, subjectOf, columns, decode, filedAt, number } = definition;
  return {
    name,
    stream,
    subjectOf,
    columns,
    ...(number === undefined ? {} : { number: number.column }),
    read(codec, message) {
      const source = decode(codec, message);
      return {
        cells: columns.map(({ of }) => of(source)),
        day: dayOf(filedAt(source)),
        ...(number === undefined ? {} : { number: number.of(source) }),
      };
    },
  };
}

/** The day of a moment, in UTC. */
export const dayOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);
