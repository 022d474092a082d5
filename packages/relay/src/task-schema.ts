import type { TaskOperation } from '@millrace/stage';
import { generationProperties, maxContentBytes } from './generation-schema.ts';

/** Most texts of one request. */
export const maxTexts = 64;
/** Labels of a classification. */
export const minLabels = 2;
export const maxLabels = 100;

const { model, max_tokens, temperature, seed, priority, timeout_ms, cache } = generationProperties;

const text = {
  description: `What to work on: a text, or a list of up to ${maxTexts}, which are answered in their order. All together may have ${maxContentBytes} bytes.`,
  'x-content': true,
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', minItems: 1, maxItems: maxTexts, items: { type: 'string', minLength: 1 } },
  ],
} as const;

const language = (description: string) =>
  ({
    type: 'string',
    minLength: 2,
    maxLength: 64,
    pattern: "^\\p{L}[\\p{L}\\p{M} ()'-]*$",
    description,
  }) as const;

const common = { model, text } as const;
const scheduling = { priority, timeout_ms, cache } as const;
/** A text that repeats what another one says is no place for chance. */
const sampling = { temperature: { ...temperature, default: 0 }, seed } as const;

/** The fields of each task, as JSON schemas: the same over WebSocket and HTTP. */
export const taskProperties = {
  summarize: {
    ...common,
    max_words: {
      type: 'integer',
      minimum: 1,
      maximum: 4_000,
      description:
        'How many words the model is asked to keep to, for each text. It may miss that; it never goes beyond max_tokens.',
    },
    max_tokens: {
      type: 'integer',
      minimum: max_tokens.minimum,
      maximum: max_tokens.maximum,
      description: 'Most tokens of each summary; by default twice max_words and 16, else 256.',
    },
    ...sampling,
    ...scheduling,
  },
  translate: {
    ...common,
    target_language: language('The language to translate to, in English, such as French.'),
    source_language: language('The language of the texts, in English; without it the model finds out.'),
    max_tokens: { ...max_tokens, description: 'Most tokens of each translation.' },
    ...sampling,
    ...scheduling,
  },
  classify: {
    ...common,
    labels: {
      type: 'array',
      minItems: minLabels,
      maxItems: maxLabels,
      description: `What a text can be: ${minLabels} to ${maxLabels} different labels.`,
      'x-content': true,
      items: { type: 'string', minLength: 1, maxLength: 256 },
    },
    top_k: {
      type: 'integer',
      minimum: 1,
      maximum: maxLabels,
      description:
        'How many of the labels are reported, likeliest first; by default all. Scores are those among all.',
    },
    ...scheduling,
  },
  embed: { ...common, ...scheduling },
} as const satisfies Record<TaskOperation, object>;

export const requiredTaskProperties = {
  summarize: ['text'],
  translate: ['text', 'target_language'],
  classify: ['text', 'labels'],
  embed: ['text'],
} as const satisfies Record<TaskOperation, readonly string[]>;

/** A body that fits the fields of its task. */
export interface TaskBody {
  readonly model?: string;
  readonly text: string | readonly string[];
  readonly labels?: readonly string[];
  readonly top_k?: number;
  readonly source_language?: string;
  readonly target_language?: string;
  readonly max_words?: number;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
  readonly priority?: 'high' | 'normal' | 'low';
  readonly timeout_ms?: number;
  readonly cache?: 'auto' | 'always' | 'never';
}
