import { MillraceError } from '@millrace/runtime';

/** A part of a list. */
export interface Page<Item> {
  readonly data: readonly Item[];
  readonly has_more: boolean;
  /** What the next page begins behind; null at the end. */
  readonly next_cursor: string | null;
}

/** Which part of a list. */
export interface PageRequest {
  readonly limit: number;
  /** The `next_cursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** The page of what a query for one item more than its limit has found. @param placeOf where the next page begins behind */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  { limit }: PageRequest,
  show: (row: Row) => Item,
  placeOf: (row: Row) => readonly string[],
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    data: shown.map(show),
    has_more: hasMore,
    next_cursor: hasMore ? Buffer.from(JSON.stringify(placeOf(last)), 'utf8').toString('base64url') : null,
  };
}

/** Where a page begins behind, in as many texts as the list is ordered by. @throws `invalid_value` for what is no cursor */
export function placeIn(cursor: string | undefined, length: number): readonly string[] | undefined {
  if (cursor === undefined) return undefined;
  const place = parse(cursor);
  if (Array.isArray(place) && place.length === length && place.every(isPlace)) return place as string[];
  throw wrongCursor();
}

function isPlace(text: unknown): boolean {
  return typeof text === 'string' && !text.includes('\0');
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw wrongCursor(cause);
  }
}

export function wrongCursor(cause?: unknown): MillraceError {
  return new MillraceError('invalid_value', 'cursor must be the next_cursor of a page of this list', {
    param: 'cursor',
    cause,
  });
}
