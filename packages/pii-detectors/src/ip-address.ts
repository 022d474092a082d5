import { isIPv4, isIPv6 } from 'node:net';
import type { Finding } from './finding.ts';

const candidate4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)/g;
const candidate6 = /(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{2,38}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])/g;
const versionBefore = /(?:version|release|v|build)[ .:=]{0,3}$/i;

/** IP addresses, version 4 and 6. Four numbers behind the word version are one. */
export function* findIpAddresses(text: string): Generator<Finding> {
  for (const match of text.matchAll(candidate4)) {
    const isVersion = versionBefore.test(text.slice(Math.max(0, match.index - 12), match.index));
    if (isIPv4(match[0]) && !isVersion) yield finding(match.index, match[0]);
  }
  for (const match of text.matchAll(candidate6)) {
    // A time, a ratio or `::` alone is well formed as an address, but says nothing of anybody.
    if (isIPv6(match[0]) && /[0-9A-Fa-f]{2}/.test(match[0])) yield finding(match.index, match[0]);
  }
}

function finding(start: number, value: string): Finding {
  return { type: 'IP', start, end: start + value.length, value };
}
