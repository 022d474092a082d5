import { describe, expect, it } from 'vitest';
import { foundIn } from '../found.fixture.ts';

describe('street addresses', () => {
  it.each([
    ['at 221B Baker Street, London NW1 6XE.', 'STREET_ADDRESS 221B Baker Street, London NW1 6XE'],
    [
      'ship to 1600 Elm Avenue Apt. 4, Springfield, IL 62701',
      'STREET_ADDRESS 1600 Elm Avenue Apt. 4, Springfield, IL 62701',
    ],
    ['Flat 3, Rose Court', 'STREET_ADDRESS Flat 3, Rose Court'],
    ['home address 12 high street, leeds ls1 4ap', 'STREET_ADDRESS 12 high street, leeds ls1 4ap'],
    ['wohnt in der Goethestraße 12a, 60313 Frankfurt', 'STREET_ADDRESS Goethestraße 12a, 60313 Frankfurt'],
    ['Am Alten Markt 7, 24103 Kiel', 'STREET_ADDRESS Am Alten Markt 7, 24103 Kiel'],
    ["j'habite 12, rue de la Paix, 75002 Paris et", 'STREET_ADDRESS 12, rue de la Paix, 75002 Paris'],
    ['vivo en Calle de Alcalá 45, Madrid, 28014', 'STREET_ADDRESS Calle de Alcalá 45, Madrid, 28014'],
    [
      'abito in Via Garibaldi, 12, 20121, Milano (MI)',
      'STREET_ADDRESS Via Garibaldi, 12, 20121, Milano (MI)',
    ],
    [
      'Rua Augusta, 100, Centro, 01304-000 São Paulo / SP',
      'STREET_ADDRESS Rua Augusta, 100, Centro, 01304-000 São Paulo / SP',
    ],
    ['H.No. 12, Gandhi Marg, Pune 411001', 'STREET_ADDRESS H.No. 12, Gandhi Marg, Pune 411001'],
    ['P.O. Box 1234', 'STREET_ADDRESS P.O. Box 1234'],
  ])('finds in %j: %s', (text, expected) => {
    expect(foundIn(text)).toEqual([expected]);
  });

  it.each([
    '5 minutes walk',
    '3 Tesla Model',
    'a 2 way street',
    '10 points for the road ahead',
    'via the API in 3 steps',
    'Section 4 Place your order',
    'HTTP 404 Not Found',
    'Im Jahr 2024 war es so',
    'Im Kapitel 7 steht es',
    'Er liegt im Zimmer 12. Am Montag 7 Uhr',
    '16:48:15Z WARN gateway queue',
  ])('leaves %j alone', (text) => {
    expect(foundIn(text)).toEqual([]);
  });
});
