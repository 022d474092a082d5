import { expect, it } from 'vitest';
import { privacyProblems, readPrivacyClasses } from './privacy.ts';
import { readSchemaFiles, type SchemaFile } from './schema-files.ts';

it('each field of each version of each schema has a privacy class', () => {
  expect(privacyProblems(readSchemaFiles(), readPrivacyClasses())).toEqual([]);
});

it('what is not classified, not there, of no class or weaker than its schema says is told', () => {
  const file: SchemaFile = {
    name: 'event',
    version: 1,
    schema: {
      type: 'record',
      name: 'Event',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'text', type: 'bytes', privacy: 'content' },
        { name: 'inner', type: { type: 'record', name: 'Inner', fields: [{ name: 'count', type: 'int' }] } },
        { name: 'again', type: ['null', { type: 'array', items: 'Inner' }] },
      ],
    },
  };
  const classes = { none: '', sealed: '' };
  const Event = { id: 'none', text: 'sealed' };
  expect(privacyProblems([file], { classes, records: { Event, Inner: { count: 'none' } } })).toEqual([]);
  expect(
    privacyProblems([file], { classes, records: { Event: { id: 'secrets', text: 'none', inner: 'none' } } }),
  ).toEqual([
    'Inner.count has no privacy class: name one in schemas/privacy.json.',
    'Event.id is of the class secrets: there is none, sealed.',
    'Event.inner is in schemas/privacy.json and in no schema.',
    'Event.text is content by its schema and none in schemas/privacy.json.',
  ]);
});
