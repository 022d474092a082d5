import { createAnalyzer, entityTypes, InvalidPattern } from '@millrace/pii-detectors/entities';
import type { CustomPattern } from './pii-policy.ts';

export { InvalidPattern };

/** What the platform finds by itself. */
export const piiTypes = entityTypes;

/** @throws `InvalidPattern`, whose message names the type and what is wrong */
export function compilePatterns(patterns: readonly CustomPattern[]): void {
  createAnalyzer({ types: [], ownPatterns: patterns });
}
