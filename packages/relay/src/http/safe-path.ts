import { pathWithoutValues } from '@millrace/pii-policy';

/** The path of a URL as an error may name it: without its query, and without personal data. */
export function safePath(url: string): string {
  return pathWithoutValues(url.replace(/[?#].*$/su, ''));
}
