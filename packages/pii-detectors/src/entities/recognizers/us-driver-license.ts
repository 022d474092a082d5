import { contextWords } from '../context.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Driving licences, of the states of the USA and of the UK: their forms are so general that only the word beside them counts. */
export const usDriverLicenses = patternRecognizer({
  type: 'US_DRIVER_LICENSE',
  pattern: bounded(
    String.raw`[A-Z]{1,2}-?\d{3}-?\d{3,4}-?\d{0,5}|[A-Z]\d{3}-\d{4}-\d{4}|[A-Z]\d{3}[ -]\d{3}[ -]\d{2}[ -]\d{3}[ -]\d|\d{7,9}|\d{3}[ -]\d{3}[ -]\d{3}|[A-Z]{5}\d{6}[A-Z0-9]{2}\d[A-Z]{2}|[A-Z9]{5}\d{6}[A-Z0-9]{3}[A-Z]{2}`,
  ),
  leastDigits: 6,
  alone: 0.05,
  inContext: 0.85,
  context: contextWords(
    "driv(?:er'?s?|ing)'?[ _]licen[cs]e",
    'licen[cs]e (?:no\\.?|number|#)',
    "driver'?s?[ _]?(?:id|permit)",
    'dl(?:n| ?#| no\\.?| number)?',
    'driver_?licen[cs]e\\w*',
    'permit number',
    'führerschein(?:nummer)?',
    'permis de conduire',
    'permiso de conducir',
    'patente',
  ),
});
