import { createFieldLabels, type FieldLabels } from './field-labels.ts';

/** Where a number is what it says it is, and nobody's: an order, a version, a size. */
const harmlessWord =
  /(?:order|tracking|invoice|ticket|version|build|release|firmware|kernel|commit|quantity|qty|sku|isbn(?:-1[03])?|serial|bytes|offset|sprint|page|section|chapter|revision|rev|ref(?:erence)?|dur(?:ation)?|total|amount|shares|mean|depth|port|pid|epoch|timestamp|size|count|model|part|item|batch|case|bug|issue|pr|pull request|seed|hash|checksum|request_?id|trace_?id|span_?id|session_?id|(?:bestell|rechnungs|auftrags|artikel|serien|sendungs|vorgangs|ticket|formular)(?:nummer|-?nr)|bestellung|rechnung|auftrag|formular|commande|facture|livraison|dossier|pedido|factura|ordine|fattura|pratica)\s?(?:no\.?|number|nr\.?|id|of|queue|est|n°|№)?[\s:=#"'(>-]{0,4}$/iu;

/** A text, and what all recognizers ask of it. */
export interface Scan {
  readonly text: string;
  /** How many digits it has, of which no more than 16 are counted. */
  readonly digits: number;
  /** So many characters before an offset, or fewer, within its line; with a line before that ends in a colon. */
  before(start: number, characters: number): string;
  /** So many characters behind an offset, within its line. */
  behind(end: number, characters: number): string;
  /** The name of the column or field that an offset stands in, where the text is a table or an INSERT statement. */
  labelAt(start: number): string | undefined;
  /** Whether the word before says that it is somebody's order, version or size. */
  isSuspicious(start: number): boolean;
}

export function createScan(text: string): Scan {
  let labels: FieldLabels | undefined;
  const before = (start: number, characters: number): string => {
    const piece = text.slice(Math.max(0, start - characters), start);
    const line = piece.lastIndexOf('\n');
    if (line < 0) return piece;
    return /\S/u.test(piece.slice(line)) || !/:\s*$/u.test(piece.slice(0, line))
      ? piece.slice(line + 1)
      : piece;
  };
  return {
    text,
    digits: digitsIn(text),
    before,
    behind(end, characters) {
      return text.slice(end, end + characters).split('\n', 1)[0] ?? '';
    },
    labelAt(start) {
      labels ??= createFieldLabels(text);
      return labels.at(start);
    },
    isSuspicious: (start) => harmlessWord.test(before(start, 32)),
  };
}

/** More than any recognizer asks for. */
const mostDigits = 16;

function digitsIn(text: string): number {
  let digits = 0;
  for (let at = 0; at < text.length && digits < mostDigits; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) digits += 1;
  }
  return digits;
}
