import type { Run } from './runs.ts';

/** How names of towns end: English, German, French, Spanish, Indian. */
const suffix =
  /[\p{Ll}](?:ville|town|ton|burgh?|bury|borough|shire|mouth|haven|port|furt|ford|field|land|view|side|stadt|hausen|heim|dorf|kirchen|chester|caster|minster|stead|worth|wick|polis|abad|pur|pura|nagar|garh|ganj|gaon|hafen|brück|bruck|bourg|court|fort|shire|land|fjord|berg|stead|cester|ingen|walde|rode|roda|münde|grad|ovo)$/u;
const compass =
  /^(?:north|south|east|west|new|lake|port|saint|sainte|san|santa|são|st|bad|sankt|mount|fort|upper|lower|old|los|las|el|la|le|groß|klein|ober|unter|nieder|alt|neu|villa|vila|puerto|porto|monte|ciudad|norte|sur)$/iu;
const hyphened =
  /(?:-sur-|-les-|-en-|-am-|-an-der-|-upon-|-on-|-sous-|-de-|-la-|^Groß-|^Klein-|^Bad-|^Saint-|^Sainte-)/iu;
const behind =
  /^(?:city|county|town|village|island|islands|beach|falls|springs|heights|hills|bay|harbou?r|valley|river|lake|park|district|province|state|region|park|square)$/iu;

/** North, New, San: words that begin names of places. */
export const isCompass = ({ text }: { readonly text: string }): boolean => compass.test(text);

/** Whether words are shaped as the name of a place. */
export function looksLikePlace(words: Run): boolean {
  const [first] = words;
  const last = words.at(-1);
  if (first === undefined || last === undefined) return false;
  if (words.length > 1 && (compass.test(first.text) || behind.test(last.text)) && first.kind !== 'given')
    return true;
  if (words.some(({ text }) => hyphened.test(text))) return true;
  return (
    words.length <= 2 &&
    first.kind !== 'given' &&
    last.kind !== 'family' &&
    last.kind !== 'everyday' &&
    last.kind !== 'given' &&
    last.text.length > 5 &&
    suffix.test(last.text)
  );
}

export const organizationSuffix =
  /^(?:Inc|Incorporated|Ltd|Limited|LLC|LLP|PLC|Corp|Corporation|Company|Co|GmbH|AG|KG|OHG|SE|SA|SAS|SARL|SL|SLU|SpA|Srl|BV|NV|AB|Oy|ApS|Pty|Bank|Holdings?|Group|University|College|Hospital|Clinic|Institute|Foundation|Association|Insurance|Partners|Ventures|Technologies|Solutions|Consulting|Industries|Airlines|Pharmaceuticals|Universität|Klinikum|Krankenhaus|Versicherung|Sparkasse|Stiftung|Université|Hôpital|Universidad|Ltda|Kft|Zrt)$/u;
