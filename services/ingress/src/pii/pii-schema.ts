import { entityTypes } from '@millrace/pii-detectors/entities';

/** Most characters of a text: 1 MiB of ASCII. */
export const longestText = 1_048_576;
const mostPatterns = 50;
const mostAllowed = 1_000;
const mostResults = 100_000;

const entityType = { type: 'string', pattern: '^[A-Z][A-Z0-9_]{0,47}$' } as const;
const offset = { type: 'integer', minimum: 0, maximum: longestText } as const;
const score = { type: 'number', minimum: 0, maximum: 1 } as const;

const analysis = {
  text: { type: 'string', maxLength: longestText, 'x-content': true, description: 'What is looked at.' },
  language: {
    type: 'string',
    maxLength: 16,
    description: 'For clients of Presidio: all languages are looked for at once, whatever it says.',
  },
  entities: {
    type: 'array',
    maxItems: 100,
    items: { enum: entityTypes },
    description:
      'Only these types; by default, and where the list is empty, all. LOCATION has addresses of streets with it; they are shown as STREET_ADDRESS where the request names that, else as LOCATION.',
  },
  correlation_id: {
    type: 'string',
    maxLength: 128,
    description: 'For clients of Presidio: changes nothing.',
  },
  return_decision_process: { const: false, description: 'For clients of Presidio: there is none to return.' },
  score_threshold: { ...score, description: 'What is less sure is left out; 0.5 by default.' },
  allow_list: {
    type: 'array',
    maxItems: mostAllowed,
    items: { type: 'string', minLength: 1, maxLength: 512, 'x-content': true },
    description: 'Values that are nobody’s, compared without case.',
  },
  ad_hoc_recognizers: {
    type: 'array',
    maxItems: mostPatterns,
    items: {
      type: 'object',
      required: ['supported_entity', 'patterns'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', maxLength: 128 },
        supported_language: { type: 'string', maxLength: 16 },
        supported_entity: { ...entityType, description: 'The type of what it finds.' },
        patterns: {
          type: 'array',
          minItems: 1,
          maxItems: 10,
          items: {
            type: 'object',
            required: ['regex'],
            additionalProperties: false,
            properties: {
              name: { type: 'string', maxLength: 128 },
              regex: {
                type: 'string',
                minLength: 1,
                maxLength: 1_000,
                description:
                  'In RE2’s syntax: linear in the text, so neither backreferences nor looking around.',
              },
              score: { type: 'number', exclusiveMinimum: 0, maximum: 1, description: '0.85 by default.' },
            },
          },
        },
      },
    },
    description: 'Patterns of one’s own.',
  },
} as const;

/** The body of `POST /v1/pii/analyze`. It validates, and the OpenAPI document is made of it. */
export const analyzeBodySchema = {
  title: 'PiiAnalyze',
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: analysis,
} as const;

const resultSchema = {
  title: 'PiiResult',
  type: 'object',
  required: ['entity_type', 'start', 'end', 'score'],
  additionalProperties: false,
  properties: {
    entity_type: entityType,
    start: { ...offset, description: 'In UTF-16 code units, as JavaScript counts.' },
    end: { ...offset, description: 'Behind the last one.' },
    score: { ...score, description: 'How sure it is.' },
  },
} as const;

export const analyzeAnswerSchema = {
  title: 'PiiAnalyzed',
  type: 'array',
  items: resultSchema,
  description: 'What stands in the text, in order, without overlaps.',
} as const;

const operatorSchema = {
  type: 'object',
  required: ['type'],
  additionalProperties: false,
  properties: {
    type: { enum: ['replace', 'redact', 'mask', 'keep'] },
    new_value: {
      type: 'string',
      maxLength: 1_024,
      'x-content': true,
      description: 'Of replace: by default <TYPE>.',
    },
    masking_char: { type: 'string', minLength: 1, maxLength: 2, description: 'Of mask: * by default.' },
    chars_to_mask: {
      type: 'integer',
      minimum: 0,
      maximum: longestText,
      description: 'Of mask: all by default.',
    },
    from_end: { type: 'boolean', description: 'Of mask: whether the last ones are masked.' },
  },
} as const;

/** The body of `POST /v1/pii/anonymize`. */
export const anonymizeBodySchema = {
  title: 'PiiAnonymize',
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: {
    ...analysis,
    anonymizers: {
      type: 'object',
      maxProperties: 100,
      additionalProperties: operatorSchema,
      description:
        'What is done, by type as it is shown; DEFAULT is for all others, and is itself replace by default.',
    },
    analyzer_results: {
      type: 'array',
      maxItems: mostResults,
      items: resultSchema,
      description: 'What was found before, in place of looking again.',
    },
  },
} as const;

export const anonymizeAnswerSchema = {
  title: 'PiiAnonymized',
  type: 'object',
  required: ['text', 'items'],
  additionalProperties: false,
  properties: {
    text: { type: 'string' },
    items: {
      type: 'array',
      items: {
        type: 'object',
        required: ['operator', 'entity_type', 'start', 'end', 'text'],
        additionalProperties: false,
        properties: {
          operator: operatorSchema.properties.type,
          entity_type: entityType,
          start: { ...offset, description: 'In the new text.' },
          end: offset,
          text: { type: 'string', description: 'What stands there now.' },
        },
      },
    },
  },
} as const;
