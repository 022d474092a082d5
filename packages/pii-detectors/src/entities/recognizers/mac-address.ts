import { contextWords } from '../context.ts';
import { patternRecognizer } from '../recognizer.ts';

/** MAC addresses: six bytes, or eight, between colons or hyphens, or three groups of four digits between dots (Cisco). */
export const macAddresses = patternRecognizer({
  type: 'MAC_ADDRESS',
  pattern:
    /(?<![\p{L}\p{N}_:-])(?:[0-9A-Fa-f]{2}(?<mark>[:-])(?:[0-9A-Fa-f]{2}\k<mark>){4}(?:[0-9A-Fa-f]{2}\k<mark>[0-9A-Fa-f]{2}\k<mark>)?[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![\p{L}\p{N}_-]|:[0-9A-Fa-f])/gu,
  leastLength: 14,
  alone: 0.9,
  inContext: 1,
  check: (value) =>
    !/^(?:00[:-]?)+$|^(?:ff[:-]?)+$/iu.test(value) &&
    (/[:-]/u.test(value) ? !/^\d{2}-\d{2}-\d{2}-/u.test(value) || 0.75 : 0.45),
  context: contextWords(
    'mac',
    'nic',
    'hardware address',
    'hwaddr',
    'ethernet',
    'ether',
    'bssid',
    'bluetooth',
    'wi-?fi',
    'device',
    'mac_?\\w*',
  ),
});
