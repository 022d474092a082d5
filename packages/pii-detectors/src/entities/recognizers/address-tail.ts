const capital = String.raw`\p{Lu}[\p{L}\p{M}'’]{0,30}`;
const joined = String.raw`(?:(?:d[eo]s?|del|della|di|da|du|la|le|les|los|las|el|sur|sous|en|am|an der|im|in der|bei|unter|upon|on|of|the|y|e|à|aux)[ -]|d'|l'|D'|L'|[2-9]ª\s){0,3}`;
/** Names of places: words with capital letters, and those between them. */
const town = String.raw`${capital}(?:[ -]${joined}${capital}){0,4}`;
const anyTown = String.raw`[\p{L}\p{M}'’-]{2,30}(?: [\p{L}\p{M}'’-]{2,30})?`;
const code = String.raw`(?:[A-Z]{2}[ -]\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|\d{5}-?\d{3}|\d{4,6})`;
const stop = String.raw`(?![\p{L}\p{N}])`;
const units =
  'apt|apartment|unit|suite|ste|floor|fl|room|rm|flat|piso|puerta|esc|escalera|bloque|planta|depto|departamento|interior|int|piano|interno|appartamento|scala|apto|bl|bloco|casa|bât|bâtiment|étage|etage|appt|stock|whg';

/** What may follow, one piece after the other. */
const pieces = (place: string, flags: string): readonly RegExp[] => [
  new RegExp(String.raw`,?\s(?:${units})\.?\s?#?\w{1,6}${stop}`, 'iuy'),
  new RegExp(String.raw`,?\s#\w{1,6}${stop}`, 'iuy'),
  new RegExp(String.raw`(?<=\d{5}-?\d{3})\s${place}(?!\p{L})`, flags),
  // Apt. 3, Santo Agostinho, 36291646 …: a district or a town with a code behind it
  new RegExp(String.raw`,\s${place}(?:,\s${place})?,?[ -]${code}${stop}`, flags),
  new RegExp(String.raw`,?\s(?:D-|CH-|A-|F-)?\d{4,5}(?:-?\d{3})?,?\s${place}(?!\p{L})`, flags),
  new RegExp(String.raw`,?\s${code}${stop}`, flags),
  new RegExp(String.raw`\s(?:/\s[A-Z]{2}|\([A-Z]{2}\))(?!\p{L})`, 'uy'),
];
const ofCapitals = pieces(town, 'uy');
const ofAny = pieces(anyTown, 'iuy');
const mostPieces = 5;

/** Where an address ends whose street ends here: units, districts, towns, states and codes belong to it. */
export function endOfAddress(text: string, start: number, streetEnd: number): number {
  const isLower = !/\p{Lu}/u.test(text.slice(start, streetEnd));
  const patterns = isLower ? ofAny : ofCapitals;
  let end = streetEnd;
  for (let count = 0; count < mostPieces; count += 1) {
    const before = end;
    for (const pattern of patterns) {
      pattern.lastIndex = end;
      const match = pattern.exec(text);
      if (match === null) continue;
      end += match[0].length;
      break;
    }
    if (end === before) break;
  }
  return end;
}

const townAlone = new RegExp(String.raw`,\s(${town})(?=[,.;\n)]|$)`, 'uy');

/** The town behind a street, where neither state nor code says that it is one. */
export function townBehind(
  text: string,
  streetEnd: number,
): { readonly start: number; readonly end: number } | undefined {
  townAlone.lastIndex = streetEnd;
  const name = townAlone.exec(text)?.[1];
  return name === undefined ? undefined : { start: streetEnd + 2, end: streetEnd + 2 + name.length };
}
