const count = (description: string) => ({ type: 'integer', minimum: 0, description });
const time = (description: string) => ({
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
  description,
});

/** An object all of whose properties are there. */
const whole = <Properties extends Readonly<Record<string, object>>>(
  description: string,
  properties: Properties,
) => ({
  type: 'object',
  description,
  required: Object.keys(properties),
  additionalProperties: false,
  properties,
});

const modelSchema = whole('A model that the worker serves.', {
  name: { type: 'string', description: 'Name.' },
  version: { type: 'string', description: 'Version.' },
  context_length: count('Most tokens of prompt and answer together.'),
  operations: {
    type: 'array',
    items: { enum: ['generate', 'summarize', 'classify', 'translate', 'embed'] },
    description: 'What it can be asked for.',
  },
  is_default: { type: 'boolean', description: 'Whether it answers requests that name no model.' },
});

const workerSchema = whole('An inference worker.', {
  worker: { type: 'string', description: 'Name of the process, new with each start.' },
  at: time('When it was so.'),
  started_at: time('When it was ready for the first time.'),
  ready: { type: 'boolean', description: 'Whether it advances when it has work.' },
  problem: { type: ['string', 'null'], description: 'Why it is not ready.' },
  execution_provider: { type: 'string', description: 'What runs the model: cpu, cuda and so on.' },
  slots: whole('Sequences that can be generated at once.', {
    total: count('All of them.'),
    used: count('Those that generate.'),
    free: count('Those that would start at once.'),
    waiting: count('Sequences that wait in the engine for a slot.'),
  }),
  key_values: whole('Memory for keys and values of all slots.', {
    blocks_total: count('Blocks of positions.'),
    blocks_used: count('Blocks that hold positions of running sequences.'),
    bytes_total: count('Memory when all are full.'),
    bytes_used: count('Memory of the blocks in use.'),
  }),
  prefix_cache: whole('Beginnings of prompts that may come again.', {
    blocks: count('Blocks that are kept.'),
    bytes: count('Their memory.'),
    budget_bytes: count('Most memory that they may take; 0: there is no cache.'),
    queried_tokens: count('Tokens of prompts that were looked for since the start.'),
    hit_tokens: count('Those of them that were found.'),
    evicted_blocks: count('Blocks that gave way to others since the start.'),
  }),
  models: { type: 'array', items: modelSchema, description: 'Models that it serves.' },
  resident_bytes: count('Memory of the process, as the operating system sees it.'),
});

/** The answer of `GET /v1/engine`. */
export const engineSchema = {
  title: 'Engine',
  ...whole('What the platform is working on.', {
    queue: whole('Requests that are not through a stage yet, those that it works on included.', {
      received: count('Before admission.'),
      admitted: count('Before the check for personal data.'),
      scrubbed: count('Before the end of their answer.'),
    }),
    workers: { type: 'array', minItems: 1, items: workerSchema, description: 'All that answer, by name.' },
  }),
};
