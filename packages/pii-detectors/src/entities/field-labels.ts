import { matchesOf } from './matches-of.ts';
/** Which column or field a value belongs to. */
export interface FieldLabels {
  at(offset: number): string | undefined;
}

interface Field {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

const separators = [',', ';', '\t', '|'] as const;
const insert = /\(([\w\s,"`]{3,400})\)\s{0,20}values\s{0,20}(?=\()/giu;
const name = /^["'`]?[\p{L}_][\p{L}\p{N}_ .#/-]{0,40}["'`]?$/u;
const longestRow = 2_000;

/** Reads the tables of a text, whose first line names the columns, and the values of INSERT statements. Linear. */
export function createFieldLabels(text: string): FieldLabels {
  const fields = [...fieldsOfTables(text), ...fieldsOfInserts(text)].toSorted((a, b) => a.start - b.start);
  return {
    at(offset) {
      let low = 0;
      let high = fields.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((fields[middle] as Field).start <= offset) low = middle + 1;
        else high = middle;
      }
      const field = fields[low - 1];
      return field !== undefined && offset < field.end ? field.label : undefined;
    },
  };
}

interface Header {
  readonly separator: string;
  readonly labels: readonly string[];
}

function* fieldsOfTables(text: string): Generator<Field> {
  let header: Header | undefined;
  for (let start = 0; start < text.length;) {
    const lineEnd = text.indexOf('\n', start);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const line = end - start > longestRow ? '' : text.slice(start, end);
    const cells: readonly string[] | undefined =
      header === undefined ? undefined : line.split(header.separator);
    if (header !== undefined && cells?.length === header.labels.length) {
      let cellStart = start;
      for (const [index, cell] of cells.entries()) {
        yield { start: cellStart, end: cellStart + cell.length + 1, label: header.labels[index] ?? '' };
        cellStart += cell.length + 1;
      }
    } else header = headerOf(line);
    start = end + 1;
  }
}

/** A table that a text ends in. */
export interface OpenTable {
  /** Its first line, without the break. */
  readonly header: string;
  /** Where the last line begins, which may be a row of it that is not all there. */
  readonly rowStart: number;
}

/** Less of a line does not tell whether it is a row. */
const surelyRow = 80;

/** The table that goes on in the last line of a text, which may be unfinished. */
export function openTableOf(text: string): OpenTable | undefined {
  const rowStart = text.lastIndexOf('\n') + 1;
  if (rowStart === 0) return undefined;
  let header: (Header & { readonly line: string }) | undefined;
  for (const line of text.slice(0, rowStart - 1).split('\n')) {
    if (line.length <= longestRow && line.split(header?.separator ?? ',').length === header?.labels.length)
      continue;
    const found = line.length > longestRow ? undefined : headerOf(line);
    header = found === undefined ? undefined : { ...found, line };
  }
  if (header === undefined) return undefined;
  const row = text.slice(rowStart);
  const cells = row.split(header.separator).length;
  const mayBeRow = cells <= header.labels.length && (cells > 1 || row.length < surelyRow);
  return mayBeRow && row.length <= longestRow ? { header: header.line, rowStart } : undefined;
}

/** A line of three names or more, none of which is a sentence: "name,email,phone", also behind a few words and a colon. */
function headerOf(line: string): Header | undefined {
  for (const separator of separators) {
    const cells = line.split(separator).map((cell) => cell.trim());
    if (cells.length < 3) continue;
    const first = (cells[0] ?? '').replace(/^.*[\s:!?.]/u, '');
    const labels = [first, ...cells.slice(1)];
    if (labels.every((cell) => name.test(cell) && cell.split(' ').length <= 3)) return { separator, labels };
  }
  return undefined;
}

function* fieldsOfInserts(text: string): Generator<Field> {
  for (const match of matchesOf(text, insert)) {
    const labels = (match[1] ?? '').split(',').map((label) => label.trim());
    yield* fieldsOfTuples(text, match.index + match[0].length, labels);
  }
}

/** Values in brackets, one tuple after the other: commas within quotes part nothing. */
function* fieldsOfTuples(text: string, from: number, labels: readonly string[]): Generator<Field> {
  let quote = '';
  let depth = 0;
  let index = 0;
  let start = from;
  for (let position = from; position < text.length; position += 1) {
    const character = text[position] as string;
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '(') {
      depth += 1;
      if (depth === 1) [index, start] = [0, position + 1];
    } else if (character === ')' || (character === ',' && depth === 1)) {
      if (depth === 1) yield { start, end: position, label: labels[index] ?? '' };
      [index, start] = [index + 1, position + 1];
      if (character === ')') depth -= 1;
    } else if (depth === 0 && !/[\s,]/u.test(character)) return;
  }
}
