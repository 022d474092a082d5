/** A part of a list, newest first. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly hasMore: boolean;
}

/** Which part of a list. */
export interface PageRequest {
  readonly limit: number;
  /** Id of the last item of the page before. */
  readonly after: string | undefined;
}

/** The page that a query for one item more than its limit has found. */
export function pageOf<Item>(found: readonly Item[], limit: number): Page<Item> {
  return { items: found.slice(0, limit), hasMore: found.length > limit };
}
