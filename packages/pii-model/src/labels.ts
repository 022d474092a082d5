import type { EntityType } from '@millrace/pii-detectors/types';

/** What a label says of a word. */
export interface Label {
  /** Name of the class, without its mark; undefined: no name. */
  readonly name: string | undefined;
  /** Where in a name it stands: at its beginning, within, at its end, alone; undefined where labels have no marks. */
  readonly mark: 'begin' | 'inside' | 'end' | 'single' | undefined;
  /** Undefined: it is none of what is looked for. */
  readonly type: EntityType | undefined;
}

const marks: Readonly<Record<string, Label['mark']>> = {
  B: 'begin',
  I: 'inside',
  M: 'inside',
  E: 'end',
  L: 'end',
  S: 'single',
  U: 'single',
};

const types: Readonly<Record<string, EntityType>> = {
  PER: 'PERSON',
  PERSON: 'PERSON',
  ORG: 'ORGANIZATION',
  ORGANIZATION: 'ORGANIZATION',
  ORGANISATION: 'ORGANIZATION',
  LOC: 'LOCATION',
  LOCATION: 'LOCATION',
  GPE: 'LOCATION',
  PLACE: 'LOCATION',
};

/** @param text such as `B-PER`, `I-LOC`, `PERSON` or `O` */
export function readLabel(text: string): Label {
  if (/^(?:O|OUTSIDE|NONE)$/iu.test(text)) return { name: undefined, mark: undefined, type: undefined };
  const [, letter, marked] = /^([BIMELSU])[-_](.+)$/u.exec(text) ?? [];
  const name = (marked ?? text).toUpperCase();
  return {
    name,
    mark: letter === undefined ? undefined : marks[letter],
    type: Object.hasOwn(types, name) ? types[name] : undefined,
  };
}
