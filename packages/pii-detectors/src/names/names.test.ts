import { describe, expect, it } from 'vitest';
import { createAnalyzer } from '../entities/analyzer.ts';
import { nameTypes } from '../entities/entity.ts';
import { createNameRecognizer } from './name-recognizer.ts';

const analyze = createAnalyzer({ more: [createNameRecognizer()], types: nameTypes });
const found = (text: string): readonly string[] =>
  analyze(text).map(({ type, start, end }) => `${type} ${text.slice(start, end)}`);

describe('names', () => {
  it.each([
    ['My name is Wanjiru Kamau.', 'PERSON Wanjiru Kamau'],
    ['Patient: Kovalenko, Oksana\nDOB', 'PERSON Kovalenko, Oksana'],
    ['Please call Mrs Thistlewood back.', 'PERSON Thistlewood'],
    ['I told Sarah about it.', 'PERSON Sarah'],
    ['my brother Tomasz is here', 'PERSON Tomasz'],
    ['{"customer_name": "Ibrahim Traoré"}', 'PERSON Ibrahim Traoré'],
    ['<name>Petra van den Heuvel</name>', 'PERSON Petra van den Heuvel'],
    ['spoke with maria gonzalez re renewal', 'PERSON maria gonzalez'],
    ["je m'appelle Chantal Lefèvre", 'PERSON Chantal Lefèvre'],
    ['Sehr geehrter Herr Brandstätter,', 'PERSON Brandstätter'],
    ['Die Versicherte Monika Haas hat Widerspruch eingelegt.', 'PERSON Monika Haas'],
    ['Die Rechnung geht an Martina Köhler, bitte.', 'PERSON Martina Köhler'],
    ['La fattura va inviata a Marco Bianchi per favore.', 'PERSON Marco Bianchi'],
    ['hi, im maria gonzalez', 'PERSON maria gonzalez'],
    ['name;city\nx\n', ''],
    ['She lives in Wolverhampton.', 'LOCATION Wolverhampton'],
    ['He moved to Ciudad Real', 'LOCATION Ciudad Real'],
    ['city: Ouagadougou', 'LOCATION Ouagadougou'],
    ['a contract with Contoso GmbH', 'ORGANIZATION Contoso GmbH'],
  ])('finds in %j: %s', (text, expected) => {
    expect(found(text)).toEqual(expected === '' ? [] : [expected]);
  });

  it('knows a column by its header', () => {
    expect(found('id,surname,city\n7,Okri,Lagos\n8,Banks,Minna')).toEqual([
      'PERSON Okri',
      'LOCATION Lagos',
      'PERSON Banks',
      'LOCATION Minna',
    ]);
  });

  it.each([
    'Cassandra, Jenkins, Jasper, Julia and Maven are installed; Ruby 12.39.17 is not.',
    'Kafka has a new release, and Redis too.',
    'Write Release Notes for the Gateway.',
    'The ONNX Runtime uses CUDA on an AMD EPYC.',
    'class UserAddressPhone extends ContactCard',
    'a Mercedes and one Kindle Paperwhite',
    'In May the grace period ends.',
    'Explain std::vector in C++, and Foo::Bar in Perl.',
    'Summarize this in English, please.',
    'Schreibe einen Brief an die Versicherung.',
    'SELECT name FROM users WHERE id = 7',
    'it moved to production in a hurry',
    'an Adam Sandler film',
    'an MRI Scan Report',
    'Im Anhang finden Sie die Rechnung und den Lieferschein.',
    'Im Jahr 2024 war es so.',
    'Der Quellcode liegt im Ordner src, die Tests im Ordner test.',
    'Liebe Kolleginnen und Kollegen, anbei das Protokoll der Sitzung.',
    'Guten Tag, vielen Dank für Ihre Nachricht.',
    'Le patient doit prendre deux comprimés par jour.',
    'El paciente debe tomar dos pastillas al día.',
    'Il paziente deve prendere due compresse al giorno.',
    'Type 2 Diabetes Mellitus with Chronic Kidney Disease',
    'Past Medical History: Hypertension, Atrial Fibrillation',
  ])('leaves %j alone', (text) => {
    expect(found(text)).toEqual([]);
  });
});
