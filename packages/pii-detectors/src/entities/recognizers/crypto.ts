import { matchesOf } from '../matches-of.ts';
import { decodeBase58Check } from '../checksums/base58.ts';
import { passesBech32 } from '../checksums/bech32.ts';
import { passesEip55 } from '../checksums/eip55.ts';
import { contextWords } from '../context.ts';
import { scoreOf, type Recognizer } from '../recognizer.ts';

const base58 = /(?<![\p{L}\p{N}_/+.-])[13LMDX9At2mn][1-9A-HJ-NP-Za-km-z]{25,34}(?![\p{L}\p{N}_/+=-])/gu;
const bech32 = /(?<![\p{L}\p{N}_])(?:bc|tb|ltc)1[ac-hj-np-z02-9]{6,87}(?![\p{L}\p{N}_])/giu;
const ethereum = /(?<![\p{L}\p{N}_])0x[0-9a-fA-F]{40}(?![\p{L}\p{N}_])/gu;
const context = contextWords(
  'btc',
  'bitcoin',
  'eth',
  'ethereum',
  'ether',
  'ltc',
  'litecoin',
  'crypto',
  'wallet',
  'address',
  'usdt',
  'usdc',
  'coins?',
  'donat\\w+',
  'dogecoin',
  'doge',
  'erc-?20',
);
const versions = new Set([0x00, 0x05, 0x30, 0x32, 0x1e, 0x16, 0x4c, 0x6f, 0xc4]);

/** Addresses of Bitcoin, Litecoin, Dogecoin and Dash (Base58Check, Bech32, Bech32m) and of Ethereum (EIP-55; without upper case only beside a word). */
export const cryptoAddresses: Recognizer = {
  types: ['CRYPTO'],
  leastLength: 9,
  *find(scan) {
    for (const { index, 0: value } of matchesOf(scan.text, base58)) {
      const payload = decodeBase58Check(value);
      if (payload?.length === 21 && versions.has(payload[0] as number))
        yield { type: 'CRYPTO', start: index, end: index + value.length, score: 1 };
    }
    for (const { index, 0: value } of matchesOf(scan.text, bech32))
      if (passesBech32(value)) yield { type: 'CRYPTO', start: index, end: index + value.length, score: 1 };
    for (const { index, 0: value } of matchesOf(scan.text, ethereum)) {
      const isMixed = /[a-f]/u.test(value.slice(2)) && /[A-F]/u.test(value.slice(2));
      if (isMixed && !passesEip55(value)) continue;
      const end = index + value.length;
      yield {
        type: 'CRYPTO',
        start: index,
        end,
        score: isMixed ? 1 : scoreOf(scan, index, end, { bare: 0.2, inContext: 0.8, context }),
      };
    }
  },
};
