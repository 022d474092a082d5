import type { RequestScrubbed } from '@millrace/contracts';
import type { RequestContent } from '@millrace/stage';

/** What of a request matters to the cache beside its content. */
export type CacheEvent = Pick<
  RequestScrubbed,
  'tenant' | 'operation' | 'model' | 'parameters' | 'personal_data' | 'priority' | 'cache'
>;

/** A request whose personal data is replaced by placeholders, as the cache sees it. */
export interface CacheRequest {
  readonly event: CacheEvent;
  /** Opens the content; only called where the cache has to do with the request. */
  readonly content: () => RequestContent;
  readonly modelVersion: string;
}
