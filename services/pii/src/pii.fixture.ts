import { defaultPiiPolicy, type PiiPolicy } from '@millrace/pii-policy';
import type { RequestContent } from '@millrace/stage';
import { scrub, type Scrubbed } from './scrub.ts';

export const hashKey = new Uint8Array(32);

/** What becomes of content under the default policy, or another. */
export function scrubWith(content: RequestContent, policy: Partial<PiiPolicy> = {}): Scrubbed {
  return scrub(content, { policy: { ...defaultPiiPolicy, ...policy }, hashKey });
}
