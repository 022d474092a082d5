import { describe, expect, it } from 'vitest';
import { createNameRecognizer } from '../names/name-recognizer.ts';
import { createAnalyzer } from './analyzer.ts';
import { presidioNames } from './presidio-names.ts';

const text = 'She moved to Ciudad Real; mail goes to 1600 Elm Avenue, Springfield, IL 62701.';
const place = 'Ciudad Real';
const address = '1600 Elm Avenue, Springfield, IL 62701';

function shownOf(asked: readonly string[] | undefined, named?: readonly string[]): readonly string[] {
  const { types, shown } = presidioNames(asked, named);
  const analyze = createAnalyzer({
    more: [createNameRecognizer()],
    ...(types === undefined ? {} : { types }),
  });
  return shown(analyze(text)).map(({ type, start, end }) => `${type} ${text.slice(start, end)}`);
}

describe('types as Presidio names them', () => {
  it.each([
    ['nothing is named', undefined, [], [`LOCATION ${place}`, `LOCATION ${address}`]],
    ['places are asked for', ['LOCATION'], [], [`LOCATION ${place}`, `LOCATION ${address}`]],
    ['addresses are asked for', ['STREET_ADDRESS'], [], [`STREET_ADDRESS ${address}`]],
    [
      'both are asked for',
      ['LOCATION', 'STREET_ADDRESS'],
      [],
      [`LOCATION ${place}`, `STREET_ADDRESS ${address}`],
    ],
    [
      'something is to be done to addresses',
      undefined,
      ['STREET_ADDRESS'],
      [`LOCATION ${place}`, `STREET_ADDRESS ${address}`],
    ],
    [
      'something is to be done to the addresses among places',
      ['LOCATION'],
      ['STREET_ADDRESS'],
      [`LOCATION ${place}`, `STREET_ADDRESS ${address}`],
    ],
    ['others are asked for', ['US_SSN'], ['STREET_ADDRESS'], []],
  ])('show addresses of streets as places but to whoever names them: %s', (_what, asked, named, expected) => {
    expect(shownOf(asked, named)).toEqual(expected);
  });
});
