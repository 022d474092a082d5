import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import avro, { type Schema } from 'avsc';
import { decimalBytes, type Decision } from '@millrace/contracts';
import type { Cell, Column, ColumnType, Row } from './column.ts';
import type { PartWriter } from './part-writer.ts';

const decimal = { type: 'bytes', logicalType: 'decimal', precision: 20, scale: 10 };
const moment = { type: 'long', logicalType: 'timestamp-millis' };
const decision = {
  type: 'record',
  name: 'LakeDecision',
  fields: [
    { name: 'stage', type: 'string' },
    { name: 'at', type: moment },
    { name: 'outcome', type: 'string' },
    { name: 'code', type: ['null', 'string'], default: null },
    { name: 'facts', type: { type: 'map', values: 'string' } },
  ],
};

const avroTypes: Readonly<Record<ColumnType, unknown>> = {
  text: 'string',
  texts: { type: 'array', items: 'string' },
  uuid: { type: 'string', logicalType: 'uuid' },
  boolean: 'boolean',
  integer: 'int',
  long: 'long',
  double: 'double',
  money: decimal,
  moment,
  trail: { type: 'array', items: decision },
};

/** The schema of the files of a table: each column may be null. */
export function avroSchemaOf(name: string, columns: readonly Column[]): Schema {
  return {
    type: 'record',
    name: `millrace.lake.${name}`,
    fields: columns.map((each) => ({
      name: each.name,
      type: ['null', avroTypes[each.type]],
      doc: each.meaning,
      default: null,
    })),
  } as Schema;
}

/** Writes Avro object container files, deflated. */
export function createAvroWriter(name: string, columns: readonly Column[]): PartWriter {
  let rows: Row[] = [];
  const schema = avroSchemaOf(name, columns);
  const recordOf = (row: Row): object =>
    Object.fromEntries(
      columns.map(({ name: field, type }, index) => [field, avroCell(type, row[index] ?? null)]),
    );
  return {
    get rows() {
      return rows.length;
    },
    add(row) {
      rows.push(row);
    },
    async write(file) {
      const encoder = new avro.streams.BlockEncoder(schema, { codec: 'deflate' });
      encoder.on('typeError', (error: Error) => encoder.destroy(error));
      await pipeline(Readable.from(rows.map(recordOf)), encoder, createWriteStream(file, { flags: 'wx' }));
      rows = [];
    },
  };
}

function avroCell(type: ColumnType, cell: Cell): unknown {
  if (cell === null) return null;
  if (type === 'money') return decimalBytes(BigInt((cell as string).replace('.', '')));
  if (type !== 'trail') return cell;
  return (cell as readonly Decision[]).map(({ stage, at, outcome, code, facts }) => ({
    stage,
    at,
    outcome,
    code,
    facts,
  }));
}
