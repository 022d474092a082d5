import { describe, expect, it } from 'vitest';
import { foundIn } from '../found.fixture.ts';

describe('dates', () => {
  it.each([
    ['born May 6, 1959', 'DATE_OF_BIRTH May 6, 1959'],
    ['DOB: 04/13/88', 'DATE_OF_BIRTH 04/13/88'],
    ['d.o.b. 23.06.1994,', 'DATE_OF_BIRTH 23.06.1994'],
    ['geb. 1984-03-27', 'DATE_OF_BIRTH 1984-03-27'],
    ['née le 3 novembre 2008', 'DATE_OF_BIRTH 3 novembre 2008'],
    ['nacida el 2 de marzo de 1944', 'DATE_OF_BIRTH 2 de marzo de 1944'],
    ['nato il 5 luglio 1970', 'DATE_OF_BIRTH 5 luglio 1970'],
    ['{"date_of_birth": "1984-03-27"}', 'DATE_OF_BIRTH 1984-03-27'],
    ['admitted 17th of December, 2020', 'DATE_TIME 17th of December, 2020'],
    ['am 11. August 2023', 'DATE_TIME 11. August 2023'],
    ['due August 28 2024', 'DATE_TIME August 28 2024'],
  ])('finds in %j: %s', (text, expected) => {
    expect(foundIn(text)).toEqual([expected]);
  });

  it('tells birth from other dates by the nearer word', () => {
    expect(foundIn('born 05.05.1954 in Rome, passed away on 12/28/24')).toEqual([
      'DATE_OF_BIRTH 05.05.1954',
      'DATE_TIME 12/28/24',
    ]);
  });

  it.each([
    '2025-09-02 11:37:26.123 INFO started',
    '2025-12-26T02:33:22Z WARN',
    'version 2024.05.17',
    'ruby 11.10.14 and 9.30.14',
    'dates like YYYY-MM-DD',
    '13/13/2020 or 2020-13-01',
    'may 5 people come',
    'section 1.2.2020.4',
  ])('leaves %j alone', (text) => {
    expect(foundIn(text)).toEqual([]);
  });
});
