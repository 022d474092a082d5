import { createRequire } from 'node:module';
import { ambiguousNames, everydayWords } from './everyday-words.ts';

export type WordKind =
  | 'given'
  | 'family'
  | 'ambiguous'
  | 'place'
  | 'region'
  | 'organization'
  | 'everyday'
  | 'unknown';

export interface Vocabulary {
  /** @param lower in lower case, without punctuation */
  kindOf(lower: string): WordKind;
}

const given = new Set(['MaleName', 'FemaleName', 'FirstName', 'Person']);
const endings =
  /(?:ings?|ed|ers?|s|es|ly|ments?|tions?|sions?|ness|ities|ity|ance|ence|able|ible|ize[ds]?|ise[ds]?|ical|ous|ful|less|ware|ings)$/u;

/** What is known of words: the lexicon of compromise (English, names of people and places of the world), and everyday words of six languages. */
export function createVocabulary(): Vocabulary {
  const { lexicon } = readModel().model().one;
  const known = new Map<string, WordKind>();
  const lookUp = (word: string): WordKind => {
    if (ambiguousNames.has(word)) return 'ambiguous';
    if (everydayWords.has(word)) return 'everyday';
    const tags = Object.hasOwn(lexicon, word) ? [lexicon[word]].flat() : [];
    if (tags.some((tag) => tag !== undefined && given.has(tag))) return 'given';
    if (tags.includes('LastName')) return 'family';
    if (tags.includes('City')) return 'place';
    if (tags.includes('Country') || tags.includes('Region') || tags.includes('Place')) return 'region';
    if (tags.includes('Organization') || tags.includes('SportsTeam')) return 'organization';
    if (tags.length > 0) return 'everyday';
    const stem = word.replace(endings, '');
    const isInflected =
      stem.length >= 3 &&
      stem !== word &&
      [stem, `${stem}e`, stem.slice(0, -1)].some((each) => isOrdinary(lexicon, each));
    return isInflected ? 'everyday' : 'unknown';
  };
  return {
    kindOf(lower) {
      const before = known.get(lower);
      if (before !== undefined) return before;
      const kind = lookUp(lower);
      if (known.size < mostKept) known.set(lower, kind);
      return kind;
    },
  };
}

const mostKept = 50_000;
const names = new Set([
  ...given,
  'LastName',
  'City',
  'Country',
  'Region',
  'Place',
  'Organization',
  'ProperNoun',
]);

function isOrdinary(lexicon: Lexicon, word: string): boolean {
  const tags = Object.hasOwn(lexicon, word) ? [lexicon[word]].flat() : [];
  return (
    everydayWords.has(word) || (tags.length > 0 && tags.every((tag) => tag !== undefined && !names.has(tag)))
  );
}

const require = createRequire(import.meta.url);

/** Its 60 MB are for those who look for names; every service has this file. */
function readModel(): CompromiseModel {
  return require('compromise/two') as CompromiseModel;
}

type Lexicon = Readonly<Record<string, string | readonly string[] | undefined>>;

interface CompromiseModel {
  model(): { readonly one: { readonly lexicon: Lexicon } };
}
