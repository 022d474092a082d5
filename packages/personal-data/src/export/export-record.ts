/** A line of an export. Times are ISO 8601; what cannot be opened any more is null, with `erased`. */
export interface ExportRecord {
  /** `export` (the first), then what it is, `index` (the last). */
  readonly type: string;
  readonly [field: string]: unknown;
}

/** How often a type of record stands in an export, and where. */
export interface IndexEntry {
  readonly type: string;
  readonly count: number;
  /** Line of the first, from 1. */
  readonly first_line: number;
}

export const exportVersion = 1;
