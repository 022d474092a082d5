import { matchesOf } from '../matches-of.ts';
import { isIPv4, isIPv6 } from 'node:net';
import { contextWords } from '../context.ts';
import { scoreOf, type Recognizer } from '../recognizer.ts';

const candidate4 = /(?<![\p{L}\p{N}_.-]|\d:)\d{1,3}(?:\.\d{1,3}){3}(?![\p{L}\p{N}_-]|\.\d)/gu;
const candidate6 =
  /(?<![\p{L}\p{N}_:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{2,38}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![\p{L}\p{N}_:])/gu;
const context = contextWords(
  'ip(?:v[46])?',
  'ip_?addr(?:ess)?',
  'address(?:es)?',
  'hosts?',
  'servers?',
  'from',
  'login',
  'client',
  'remote',
  'peers?',
  'gateway',
  'dns',
  'subnet',
  'ping',
  'ssh',
  'adresse',
  'depuis',
  'von',
);
const version =
  /(?<!\p{L})(?:version|release|firmware|build|kernel|ver|rev(?:ision)?|section|chapter|clause|§|oid|asn\.1|v)["']?(?:\s(?:of|is|number|no\.?))?[ .:=>"']{0,4}$/iu;
/** "Upgrade from 1.2.3.4 to 1.2.4.0" */
const upgrade =
  /(?<!\p{L})(?:up|down)grad\p{L}{1,6}(?:\s[\p{L}\d_.-]{1,24}){0,3}\s(?:from|to|von|auf)\s(?:v?\d+(?:\.\d+){1,3}\s(?:to|auf)\s)?$/iu;
/** This machine, all machines, masks of networks. */
const nobody = /^(?:0\.|127\.|255\.)/u;
const packageVersion = /(?:[@=~^]|[<>]=)\s?$/u;

/** IP addresses, version 4 and 6. Four numbers behind a word such as version or section are one of those. */
export const ipAddresses: Recognizer = {
  types: ['IP_ADDRESS'],
  *find(scan) {
    for (const { index, 0: value } of matchesOf(scan.text, candidate4)) {
      if (!isIPv4(value)) continue;
      const before = scan.before(index, 64);
      const end = index + value.length;
      const isVersion =
        version.test(before) ||
        upgrade.test(before) ||
        packageVersion.test(before.replace(/\b(?:ip|host|addr\w*|from|to|src|dst)\s?=\s?$/iu, ''));
      const isNobody = isVersion || nobody.test(value);
      const bare = isNobody ? 0.2 : 0.65;
      const score = isNobody ? bare : scoreOf(scan, index, end, { bare, inContext: 0.95, context });
      yield { type: 'IP_ADDRESS', start: index, end, score };
    }
    for (const { index, 0: value } of matchesOf(scan.text, candidate6)) {
      // A time, a ratio or `::` alone is well formed as an address, but says nothing of anybody.
      if (!isIPv6(value) || !/[0-9A-Fa-f]{2}/u.test(value)) continue;
      const end = index + value.length;
      // `a::b` and `Add::Dec` are names in code.
      const bare = /\d/u.test(value) && value.split(':').length > 3 ? 0.85 : 0.3;
      yield {
        type: 'IP_ADDRESS',
        start: index,
        end,
        score: scoreOf(scan, index, end, { bare, inContext: 0.95, context }),
      };
    }
  },
};
