import { matchesOf } from '../matches-of.ts';
import { contextWords } from '../context.ts';
import { addressForms } from './address-forms.ts';
import { endOfAddress, townBehind } from './address-tail.ts';
import { scoreOf, type Recognizer } from '../recognizer.ts';

const context = contextWords(
  'address(?:es)?',
  'lives?(?: \\w+){0,3} at',
  'living at',
  'reside[sd]?',
  'home',
  'billing',
  'shipping',
  'deliver(?:y|ed)?(?: to)?',
  'ship(?:ped)? to',
  'mail to',
  'moved to',
  'located',
  'adresse',
  'anschrift',
  'wohn\\w*',
  'direcci[oó]n',
  'domicili\\w*',
  'vivo en',
  'vive en',
  "j['’]habite",
  'habite',
  'domicile',
  'endereço',
  'moro',
  'mora',
  'indirizzo',
  'abito',
  'residen\\w+',
  'street',
  'label',
);

/** Streets with numbers, and what follows them: units, towns, states and codes, as they are written in ten countries. */
export const streetAddresses: Recognizer = {
  types: ['STREET_ADDRESS'],
  leastDigits: 1,
  *find(scan) {
    for (const { pattern, bare, inContext = 0.95, needs } of addressForms)
      if (needs?.test(scan.text) !== false)
        for (const { index, 0: value } of matchesOf(scan.text, pattern)) {
          const end = endOfAddress(scan.text, index, index + value.length);
          const score = scoreOf(scan, index, end, { bare, inContext, context });
          yield { type: 'STREET_ADDRESS', start: index, end, score };
          const town = end === index + value.length ? townBehind(scan.text, end) : undefined;
          if (town !== undefined) yield { type: 'STREET_ADDRESS', ...town, score: 0.6 };
        }
  },
};
