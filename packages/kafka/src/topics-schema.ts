const topicName = (description: string) =>
  ({ type: 'string', pattern: '^[A-Za-z0-9._-]{1,249}$', description }) as const;

/** The file that `MILLRACE_KAFKA_TOPICS` names. */
export const topicsSchema = {
  title: 'Topics',
  type: 'object',
  required: ['topics'],
  additionalProperties: false,
  properties: {
    topics: {
      type: 'array',
      minItems: 1,
      maxItems: 1_000,
      description: 'The first whose pattern fits a topic says how its records are read.',
      items: {
        type: 'object',
        required: ['pattern', 'tenant', 'queue'],
        additionalProperties: false,
        properties: {
          pattern: {
            type: 'string',
            pattern: '^[A-Za-z0-9._*-]{1,249}$',
            description: 'A topic, or names of topics: * stands for any characters, none included.',
          },
          tenant: {
            type: 'string',
            minLength: 1,
            maxLength: 128,
            description: 'Whose requests they are: who is charged, and by whose limits.',
          },
          queue: {
            type: 'string',
            pattern: '^[A-Za-z0-9_-]{1,64}$',
            description: 'What the requests are called on NATS, in metrics and in limits.',
          },
          format: {
            enum: ['avro', 'json'],
            default: 'avro',
            description:
              'avro: the Confluent wire format, through the schema registry; json: the fields of intake.requested.',
          },
          answers: topicName('The topic that answers go to; without it they are on NATS alone.'),
          chunks: topicName(
            'The topic that pieces of answers go to as they are generated; without it answers are whole unless a request asks for pieces.',
          ),
          answersFormat: {
            enum: ['avro', 'json'],
            description: 'How answers are written; by default as the requests are.',
          },
          orderedByKey: {
            type: 'boolean',
            default: false,
            description:
              'Whether requests with one key run one after the other, each when the one before has its answer. Records without a key run in parallel.',
          },
          priority: {
            enum: ['high', 'normal', 'low'],
            description: 'Of requests that do not say theirs; by default normal.',
          },
          deadline: {
            type: 'string',
            pattern: '^\\d{1,9}(?:\\.\\d{1,3})?(?:ms|s|m|h|d)$',
            description:
              'Of requests that do not say theirs, such as 10m: from when Kafka had the record. Without it they have none but that of the queue.',
          },
        },
      },
    },
  },
} as const;

export type TopicFormat = 'avro' | 'json';

/** A file that fits the schema. */
export interface TopicsFile {
  readonly topics: readonly TopicEntry[];
}

export interface TopicEntry {
  readonly pattern: string;
  readonly tenant: string;
  readonly queue: string;
  readonly format?: TopicFormat;
  readonly answers?: string;
  readonly chunks?: string;
  readonly answersFormat?: TopicFormat;
  readonly orderedByKey?: boolean;
  readonly priority?: 'high' | 'normal' | 'low';
  readonly deadline?: string;
}
