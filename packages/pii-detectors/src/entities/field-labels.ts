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

/** The beginning of an INSERT statement whose values are still to come. */
const insertHead = /\binsert\s{1,20}into\b[^;]{0,480}$/iu;

/** Where the INSERT statement begins that a text ends in, as far as no value of it is there. */
export function insertHeadOf(text: string): number | undefined {
  const tail = text.slice(-longestInsertHead);
  const found = insertHead.exec(tail);
  return found === null ? undefined : text.length - tail.length + found.index;
}

const longestInsertHead = 520;

/** The values of an INSERT statement that go on at the end of a text: a row is what stands in brackets, which may be unfinished. */
export function openInsertOf(text: string): OpenTable | undefined {
  if (!/values/iu.test(text)) return undefined;
  const last = Array.from(text.matchAll(insert)).at(-1);
  if (last === undefined) return undefined;
  const tuples = new Tuples();
  for (let position = last.index + last[0].length; position < text.length; position += 1)
    if (tuples.take(text[position] as string, position) === 'end') return undefined;
  const rowStart = tuples.open ?? text.length;
  if (text.length - rowStart > longestRow) return undefined;
  // What came before the row is a tuple without values.
  return { header: `${last[0].trimEnd()} ()`, rowStart };
}

/** Follows values in brackets, one tuple after the other: commas within quotes part nothing. */
class Tuples {
  #quote = '';
  #depth = 0;
  /** Where the present tuple begins, with its bracket; undefined between two. */
  open: number | undefined;

  /** @returns what a character does: it begins a tuple, ends a value of one, or says that there are no more */
  take(character: string, position: number): 'begin' | 'value' | 'end' | undefined {
    if (this.#quote !== '') {
      if (character === this.#quote) this.#quote = '';
      return undefined;
    }
    if (character === "'" || character === '"') {
      this.#quote = character;
      return this.#depth === 0 ? 'end' : undefined;
    }
    if (character === '(') {
      this.#depth += 1;
      if (this.#depth > 1) return undefined;
      this.open = position;
      return 'begin';
    }
    if (character === ')' && this.#depth > 0) {
      this.#depth -= 1;
      if (this.#depth > 0) return undefined;
      this.open = undefined;
      return 'value';
    }
    if (this.#depth === 0) return /[\s,]/u.test(character) ? undefined : 'end';
    return character === ',' && this.#depth === 1 ? 'value' : undefined;
  }
}

function* fieldsOfInserts(text: string): Generator<Field> {
  for (const match of matchesOf(text, insert)) {
    const labels = (match[1] ?? '').split(',').map((label) => label.trim());
    yield* fieldsOfTuples(text, match.index + match[0].length, labels);
  }
}

function* fieldsOfTuples(text: string, from: number, labels: readonly string[]): Generator<Field> {
  const tuples = new Tuples();
  let index = 0;
  let start = from;
  for (let position = from; position < text.length; position += 1) {
    const taken = tuples.take(text[position] as string, position);
    if (taken === undefined) continue;
    if (taken === 'end') return;
    if (taken !== 'begin') yield { start, end: position, label: labels[index] ?? '' };
    index = taken === 'begin' ? 0 : index + 1;
    start = position + 1;
  }
}
