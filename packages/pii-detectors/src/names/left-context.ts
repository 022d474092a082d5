/** What the words before a name say of it. All patterns end where the name begins. */
const opening = String.raw`["'“”„«(\[\x60]{0,2}`;
const link = String.raw`["'\x60\]]{0,2}\s{0,2}(?:\s(?:is|are|was|ist|est|es|é|è)\s|=>|[:=>|]|\s?[-–]\s)?\s{0,2}${opening}`;
const before = String.raw`(?:^|[^\p{L}])`;

const roles =
  '(?:full|first|last|middle|given|family|maiden|display|legal|account|contact|customer|patient|employee|user|nick|pre|holder)[ _-]?names?|names?(?: on (?:the )?(?:account|card))?|surname|firstname|lastname|username|' +
  'requester|requestor|patients?|employees?|employer|applicants?|candidates?|tenants?|landlord|cardholder|card holder|account holder|policy ?holder|insured|claimant|beneficiary|payee|payer|recipient|sender|customers?|clients?|contacts?|guests?|visitors?|students?|pupils?|teachers?|parents?|' +
  'guardian|witness|defendant|plaintiff|attorney|lawyer|solicitor|drivers?|passengers?|travell?ers?|attendees?|participants?|subscribers?|members?|owners?|buyers?|sellers?|debtor|creditor|assignee|reporter|author|agent|manager|supervisor|next of kin|spouse|attn\\.?|attention|c/o|signed|signature|obituary|' +
  'resident|citizen|volunteer|nurse|physician|surgeon|gp|doctor|colleague|coworker|coach|professor|officer|detective|' +
  'vorname|nachname|familienname|patientin|mitarbeiter(?:in)?|kund(?:e|in|en)|mieter(?:in)?|vermieter(?:in)?|herrn?|frau|empfänger(?:in)?|inhaber(?:in)?|versicherte[rn]?|kontoinhaber(?:in)?|ansprechpartner(?:in)?|arzt|ärztin|' +
  'nom|prénom|salariée?|locataire|titulaire|bénéficiaire|destinataire|assurée?|élève|' +
  'nombre|apellidos?|paciente|emplead[oa]|titular|beneficiari[oa]|destinatari[oa]|asegurad[oa]|alumn[oa]|inquilin[oa]|' +
  'nome|cognome|sobrenome|paziente|cliente|dipendente|intestatari[oa]|inquilino|assistit[oa]';
const relations =
  'sisters?|brothers?|mother|father|mum|mom|dad|sons?|daughters?|wife|husband|partner|girlfriend|boyfriend|fianc[ée]e?|friends?|neighbou?rs?|uncle|aunt|cousin|nephew|niece|grand(?:mother|father|ma|pa|son|daughter)|boss|colleague|coworker|roommate|flatmate|ex|kid|child|baby|twins?|' +
  'schwester|bruder|mutter|vater|sohn|tochter|frau|mann|ehefrau|ehemann|freund(?:in)?|chef(?:in)?|nachbar(?:in)?|kolleg(?:e|in)|s[œo]eur|frère|mère|père|fils|fille|mari|femme|ami[e]?|herman[oa]|madre|padre|hij[oa]|espos[oa]|marido|mujer|novi[oa]|amig[oa]|irm[ãa]o?|m[ãa]e|pai|filh[oa]|fratello|sorella|figli[oa]|moglie|marito';
const titles =
  'dr|mr|mrs|ms|miss|mx|prof|professor|sir|lady|lord|rev|father|sister|sgt|capt|captain|lt|col|gen|judge|justice|senator|president|nurse|herrn?|frau|señora?|sra?|srta|don|doña|mme|mlle|monsieur|madame|sig|sig\\.ra|signora?|dott|dott\\.ssa|dottor|senhora?|sig\\.na|dra|ing';
const speech =
  'told|asked|called|calls?|met|saw|with|w/|spoke to|talked to|talking to|contacted|emailed|texted|paid|owes?|named|dear|hello|hi|hey|ciao|hola|bonjour|hallo|liebe[rs]?|geehrte[rs]?|estimad[oa]|cher|chère|cara|caro|prezad[oa]|regards,?|sincerely,?|cheers,?|thanks,?|love,?|gruß|grüße|grüßen|cordialement,?|saludos,?|' +
  "i am|i['’]m|im|it['’]?s|its|this is|my name['’]?s?(?: is)?|je m['’]appelle|je suis|m['’]appelle|heiße|ich bin|bin|soy|me llamo|sono|mi chiamo|sou|me chamo|chamo-me|survived by|between|on behalf of|cc|invite|ask|tell|email|text|ping|remind|thank|and i|by|said|says|from|for|zwischen|mit|an|avec|entre|con|entre|tra|für|pour|para|per|to|refers|visited|treated|hired|fired|married|vs\\.?|versus";

const personRole = new RegExp(`${before}(?:${roles})${link}$`, 'iu');
const documents =
  'reports?|notes?|records?|letters?|invoices?|labels?|cv|resume|résumé|minutes|cases?|files?|referrals?|complaints?|reviews?|claims?|applications?|bookings?|reservations?|appointments?|interviews?|statements?|obituary|profile|bio|contract|schreiben|brief|rechnung|akte|lebenslauf|facture|dossier|factura|informe|expediente|fattura|referto|pratica';
const document = new RegExp(`${before}(?:${documents})\\s?:\\s{1,2}${opening}$`, 'iu');
const address = new RegExp(
  `${before}(?:told|asked|met|saw|texted|emailed|phoned|married|dear|hello|hi|hey|liebe[rs]?|cher|chère|caro|cara|querid[oa]|its|it['’]s|i['’]?m|i am|this is|my name(?: is|['’]s)|m['’]appelle|heiße|soy|me llamo|mi chiamo|me chamo|survived by|regards,?|sincerely,?|cheers,?|love,?|grüßen?,?|saludos,?|cordialement,?)\\s{1,2}${opening}$`,
  'iu',
);
const determiner =
  /(?:^|[^\p{L}])(?:an?|one|the|this|that|each|every|any|some|your|ein(?:e[nmrs]?)?|der|die|das|un[ea]?|les?|la|el|los|las|il|lo|gli|[oa]|um|uma)\s$/iu;
const relation = new RegExp(`${before}(?:${relations})(?:,|\\s(?:is|was|named|called))?\\s${opening}$`, 'iu');
const title = new RegExp(`${before}(?:${titles})\\.?\\s$`, 'iu');
const spoken = new RegExp(`${before}(?:${speech})[:,]?\\s{1,2}${opening}$`, 'iu');
const homeOf = new RegExp(
  `${before}(?:home|house|wife|husband|son|daughter|mother|father|office|account|records?|file|name|passport|profile|signature|behalf) of\\s$`,
  'iu',
);

const placeLabels =
  'city|town|place(?: of birth)?|birthplace|birth_?place|hometown|location|village|county|district|ort|wohnort|geburtsort|stadt|ville|commune|lieu(?: de naissance)?|ciudad|lugar(?: de nacimiento)?|localidad|città|luogo|comune|residenza|cidade|local|destination|origin|address|home address|anschrift|adresse|office|branch|site|region|state|country';
const placeLabel = new RegExp(`${before}(?:${placeLabels})${link}$`, 'iu');
const preposition =
  /(?:^|[^\p{L}])(?:in|near|at|from|to|around|outside|towards?|via|nach|aus|bei|nahe|à|en|em|près de|cerca de|(?:mud|viaj|viv|mor|resid|abit|nac|nat|nasc)\p{L}* (?:a|de|di|da))\s$/iu;
const whereabouts =
  /(?<!\p{L})(?:liv(?:e[sd]?|ing)|born|mov(?:ed?|ing)|resid\p{L}+|based|located|office|home(?:town)?|happened|accident|occurred|fly(?:ing)?|flew|flights?|travel\p{L}*|trip|driv(?:e|ing)|drove|trains?|bus|visit\p{L}*|stay\p{L}*|went|going|go|relocat\p{L}*|grew up|raised|buried|died|work(?:s|ed|ing)?|stud(?:y|ies|ied)|arriv\p{L}*|apartment|flat|house|wohn\p{L}*|geboren|geb|leb(?:e|t|en)|zieh\p{L}*|umgezogen|arbeit\p{L}*|reise\p{L}*|habit\p{L}*|vivo|vive\p{L}*|vivimos|nacid[oa]|nací|née?|naissance|résid\p{L}*|demeur\p{L}*|déménag\p{L}*|nat[oa]|abit\p{L}*|mor[oa]|nascid[oa]|vol|viaj\p{L}*|viagg\p{L}*)(?!\p{L})/iu;

export interface LeftContext {
  readonly isRole: boolean;
  readonly isTitle: boolean;
  readonly isRelation: boolean;
  readonly isSpoken: boolean;
  /** Behind what is said to persons or of them alone: "told", "dear", "my name is". */
  readonly isAddressed: boolean;
  /** Behind "im": "I'm" without its apostrophe, or German. */
  readonly isIm: boolean;
  /** Behind an article, a numeral or the like: things are, persons seldom. */
  readonly hasDeterminer: boolean;
  readonly isPlaceLabel: boolean;
  readonly hasPreposition: boolean;
  /** Whether a verb such as "lives" or "moved" stands near, before the preposition. */
  readonly isWhereabouts: boolean;
}

/** @param text up to 72 characters before the name */
export function leftContextOf(text: string): LeftContext {
  const near = text.slice(-40);
  const hasPreposition = preposition.test(near);
  const clause = text.split(/[.!?;]\s|\n/u).at(-1) ?? '';
  return {
    isRole: personRole.test(near) || homeOf.test(near) || document.test(near),
    isAddressed: address.test(near),
    isIm: /(?<!\p{L})im\s$/iu.test(near),
    hasDeterminer: determiner.test(near),
    isTitle: title.test(near),
    isRelation: relation.test(near),
    isSpoken: spoken.test(near),
    isPlaceLabel: placeLabel.test(near),
    hasPreposition,
    isWhereabouts: hasPreposition && whereabouts.test(clause),
  };
}
