/** Street suffixes of USPS Publication 28 (appendix C1) that are no everyday words in lower case, and those of the UK, Canada and Australia. */
const suffixes =
  'street|st|road|rd|avenue|ave|av|lane|ln|boulevard|blvd|drive|dr|court|ct|place|pl|square|sq|terrace|ter|parkway|pkwy|highway|hwy|turnpike|tpke|crescent|cres|close|mews|gardens?|grove|circle|cir|trail|trl|alley|aly|plaza|plz|row|walk|way|' +
  'annex|arcade|bayou|beach|bend|bluffs?|bottom|branch|bridge|brooks?|burgs?|bypass|camp|canyon|cape|causeway|centers?|centre|cliffs?|club|common|commons|corners?|course|courts|coves?|creek|crest|crossing|crossroads?|curve|dale|dam|divide|drives|estates?|expressway|' +
  'extensions?|falls|ferry|fields?|flats?|fords?|forest|forges?|forks?|fort|freeway|gateway|glens?|greens?|groves|harbors?|haven|heights|hills?|hollow|inlet|islands?|isle|junctions?|keys?|knolls?|lakes?|landing|light|loaf|locks?|lodge|loop|mall|manors?|meadows?|mills?|' +
  'mission|motorway|mount|mountains?|neck|orchard|oval|overpass|parks?|pass|passage|path|pike|pines?|plains?|points?|ports?|prairie|radial|ramp|ranch|rapids?|rest|ridges?|river|roads|route|run|shoals?|shores?|skyway|springs?|spurs?|station|stravenue|streams?|' +
  'streets|summit|throughway|trace|track|trafficway|tunnel|underpass|unions?|valleys?|viaduct|views?|villages?|ville|vista|walks|wall|ways|wells?|yard';
const plainSuffixes =
  'street|st|road|rd|avenue|ave|lane|ln|boulevard|blvd|drive|court|square|terrace|parkway|highway|turnpike|crescent|mews|gardens|close|marg|nagar|chowk|ganj|colony|salai';
const southAsian =
  'marg|nagar|chowk|ganj|road|colony|salai|street|circle|path|vihar|layout|enclave|bagh|gali|sarani|puram|peth';

const word = String.raw`[\p{L}\p{M}][\p{L}\p{M}\p{N}'’.\-]{0,30}`;
const capital = String.raw`\p{Lu}[\p{L}\p{M}'’.\-]{0,30}`;
/** Without hyphens, where one may stand between two: each text is then read in one way. */
const plain = String.raw`\p{Lu}[\p{L}\p{M}'’.]{0,30}`;
const unit = String.raw`${flexible('flat|apt\\.?|apartment|unit|studio|suite|ste\\.?|room|floor|house|block')}\s#?\w{1,6}`;
const border = String.raw`(?<![\p{L}\p{N}_.$€£#/:-]|\d[ -])`;
const stop = String.raw`(?![\p{L}\p{N}_])`;

/** How a street and its number are written somewhere. */
export interface AddressForm {
  readonly pattern: RegExp;
  readonly bare: number;
  /** Beside a word such as "address"; 0.95 by default. */
  readonly inContext?: number;
  /** Cheap, and in every text that the pattern is in. */
  readonly needs?: RegExp;
}

const romance =
  'rue|avenue|boulevard|chemin|impasse|allée|quai|cours|place|square|faubourg|sentier|ruelle|montée|voie|' +
  'calle|c\\/|avenida|avda\\.?|av\\.|plaza|pza\\.?|paseo|camino|ronda|rambla|callej[oó]n|carretera|traves[ií]a|urbanizaci[oó]n|glorieta|cuesta|alameda|pasaje|pasadizo|ca[ñn]ada|acceso|v[ií]a|cuadra|cerrada|circuito|calzada|barrio|privada|' +
  'rua|r\\.|travessa|pra[çc]a|passarela|feira|distrito|fazenda|estrada|rodovia|largo|viela|ladeira|jardim|parque|vila|residencial|setor|quadra|conjunto|condom[ií]nio|col[oô]nia|campo|ch[aá]cara|esta[çc][ãa]o|lago|lagoa|loteamento|morro|n[uú]cleo|p[aá]tio|quinta|recanto|s[ií]tio|trecho|trevo|vale|vereda|viaduto|aeroporto|' +
  'via|viale|piazza|piazzale|corso|vicolo|largo|strada|contrada|rotonda|canale|incrocio|stretto|borgo|salita';
const joining = String.raw`(?:d[eo]s?|del|della|dei|di|da|das|du|des|la|le|les|los|las|el|l'|d'|y|e|san|santa)`;
const streetName = String.raw`(?:${joining}[\s'’]?\s?){0,3}(?:${plain})(?:[ -](?:${joining}[ ])?${plain}){0,4}`;
const numberBehind = String.raw`(?:,?\s(?:n[º°.]?\s?)?\d{1,4}(?!\d)(?:\s?(?:bis|ter|[a-z](?![\p{L}])))?)`;

/** What German numbers behind "am", "im" or "zur": no street. */
const counted =
  '(?:Jahr|Monat|Quartal|Tag|Abend|Morgen|Vormittag|Nachmittag|Mittag|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Alter|Zeitraum|Durchschnitt|Schnitt|' +
  'Kapitel|Abschnitt|Artikel|Absatz|Paragraph|Anhang|Band|Heft|Teil|Bild|Abbildung|Tabelle|Seite|Zeile|Spalte|Feld|Schritt|Punkt|Fall|Zimmer|Raum|Saal|Stock|Gleis|Bahnsteig|Terminal|Schalter|Gate|Bett|Station|Formular|Dokument|Test|Spiel|Release|Version|Sprint|Ticket)(?:e[ns]?|s|es)?';
const germanSuffixes =
  'stra(?:ß|ss)e|str\\.|weg|platz|allee|gasse|ring|ufer|damm|steig|stieg|pfad|chaussee|markt|brücke|hof|berg|graben|wall';
const germanNumber = String.raw`\d{1,5}(?:\s?[a-z](?!\p{L}))?(?:\s?[-/]\s?\d{1,4})?`;

/** Those of ten countries. Each is bounded, and reads a text in one way. */
export const addressForms: readonly AddressForm[] = [
  // 59 Douglas Meadows, Apt. 3, South Claire, MT 18079; Flat 6, Pamela Ports, Ericmouth, B35 6YT
  {
    pattern: new RegExp(
      String.raw`${border}(?:${unit},\s)?\d{1,6}[A-Za-z]?(?:[-/]\d{1,4})?,?[ ](?:${capital}[ ]){1,4}(?:${flexible(suffixes)})s?\.?(?:,?\s${unit})?${stop}`,
      'gu',
    ),
    bare: 0.86,
    needs: /\d[A-Za-z]?(?:[-/]\d{1,4})?,?[ ]\p{Lu}/u,
  },
  {
    pattern: new RegExp(
      String.raw`${border}${unit},\s(?:${capital}\s){1,4}(?:${flexible(suffixes)})s?${stop}`,
      'gu',
    ),
    bare: 0.86,
    needs: /\w,\s\p{Lu}/u,
  },
  {
    pattern: new RegExp(
      String.raw`${border}(?:${unit},\s)?\d{1,6}[a-z]?\s(?:[\p{Ll}'’.-]{2,30}\s){1,3}(?:${plainSuffixes})\.?(?:,?\s${unit})?${stop}`,
      'giu',
    ),
    bare: 0.45,
    needs: /\d[a-z]?\s[\p{Ll}'’.-]/iu,
  },
  {
    pattern: new RegExp(
      String.raw`${border}\d{1,6}[a-z]?\s(?:[\p{L}'’.-]{2,30}\s){0,3}[\p{L}'’.-]{2,30}(?=(?:,?\s${unit})?,\s${word}(?: ${word}){0,2},\s[a-z]{2}\s\d{5}(?!\d))`,
      'giu',
    ),
    bare: 0.86,
    needs: /,\s[a-z]{2}\s\d{5}(?!\d)/iu,
  },
  // Mentzelplatz 4, 98299 Uffenheim; Franz-Josef-Gasse 67 a
  {
    pattern: new RegExp(
      String.raw`${border}(?:${plain}[ -]){0,3}\p{L}{2,41}(?:${germanSuffixes})\s${germanNumber}${stop}`,
      'gu',
    ),
    bare: 0.8,
    needs: new RegExp(String.raw`(?:${germanSuffixes})\s\d`, 'u'),
  },
  {
    pattern: new RegExp(
      String.raw`${border}(?:(?:Am|An der|Auf der?|Im|In der|Zum|Zur|Unter den)\s(?:\p{Lu}\p{Ll}+e[nrsm]\s)?(?!${counted}\s)${capital}|(?:${plain}[ -]){1,3}(?:Straße|Str\.|Weg|Platz|Allee|Gasse|Ring))\s${germanNumber}${stop}`,
      'gu',
    ),
    bare: 0.8,
    needs:
      /(?:Am|An der|Auf de|Im|In der|Zum|Zur|Unter den)\s\p{Lu}|(?:Straße|Str\.|Weg|Platz|Allee|Gasse|Ring)\s\d/u,
  },
  {
    pattern: new RegExp(
      String.raw`${border}\p{L}[\p{L}-]{2,40}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring)\s\d{1,5}(?:\s?[-/]\s?\d{1,4})?(?=,?\s\d{4,5}\s)`,
      'giu',
    ),
    bare: 0.8,
    needs: /(?:straße|strasse|str\.|weg|platz|allee|gasse|ring)\s\d{1,5}/iu,
  },
  // 119, chemin de Maury, 40767 BoulangerBourg; Rambla Débora Peñas 2 Puerta 2, Castellón, 24293; Feira Yuri Pereira, 37, Santo Agostinho, 36291646 Freitas / PI
  {
    pattern: new RegExp(
      String.raw`${border}(?:\d{1,5}(?:\s?(?:bis|ter))?,\s?(?:${flexible(romance)})\s${streetName}|(?:${flexible(romance)})\s${streetName}(?:${numberBehind}|(?=,?\s\d{5}\s)|(?=,\s${plain}(?: ${plain}){0,3},\s\d{5})))${stop}`,
      'gu',
    ),
    bare: 0.86,
    needs: new RegExp(String.raw`(?:${flexible(romance)})\s`, 'u'),
  },
  {
    pattern: new RegExp(
      String.raw`${border}\d{1,5}(?:\s?(?:bis|ter))?,?\s(?:rue|avenue|boulevard|chemin|impasse|allée|quai|place)\s(?:${joining}\s?){0,3}${word}(?:[ ]${word}){0,3}(?=,?\s\d{5}\s)`,
      'giu',
    ),
    bare: 0.8,
    needs: /(?:rue|avenue|boulevard|chemin|impasse|allée|quai|place)\s/iu,
  },
  // H.No. 289, Kashyap Ganj, Medininagar 872523; 804, Modi Nagar, Kalyan-Dombivli 957415; 22/03, Roy, Coimbatore 718634
  {
    pattern: new RegExp(
      String.raw`${border}(?:(?:h\.?\s?no\.?|plot(?: no\.?)?|door no\.?|#)\s?)?\d{1,4}(?:/\d{1,4})?,\s(?:${word}\s){0,3}${word},\s${word}(?:\s${word}){0,2}[\s-]\d{6}${stop}`,
      'giu',
    ),
    bare: 0.86,
    needs: /[\s-]\d{6}/u,
  },
  {
    pattern: new RegExp(
      String.raw`${border}(?:(?:h\.?\s?no\.?|plot no\.?|door no\.?)\s?)?\d{1,4}(?:/\d{1,4})?,\s(?:${word}\s){1,3}(?:${southAsian})${stop}`,
      'giu',
    ),
    bare: 0.7,
    needs: /\d,\s/u,
  },
  // Codes alone, of the UK, beside a word that says so
  {
    pattern: new RegExp(String.raw`${border}[A-Z]{1,2}\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2}${stop}`, 'gu'),
    bare: 0.5,
    inContext: 0.8,
    needs: /\d[A-Z\d]?\s\d[A-Z]{2}/u,
  },
  {
    pattern:
      /(?<![\p{L}\p{N}])(?:p\.?\s?o\.?\s?box|postfach|apartado(?: de correos)?|boîte postale|caixa postal)\s\d{1,7}(?![\p{L}\p{N}])/giu,
    bare: 0.7,
    needs: /(?:box|postfach|apartado|correos|postale?)\s\d/iu,
  },
];

/** The same words with a capital letter in front, or all in capitals. */
function flexible(alternatives: string): string {
  return alternatives
    .split('|')
    .map((each) =>
      /^[a-zà-ÿ]/u.test(each) ? `[${each[0]}${(each[0] as string).toUpperCase()}]${each.slice(1)}` : each,
    )
    .join('|')
    .replace(/^/u, '(?:')
    .concat(')');
}
