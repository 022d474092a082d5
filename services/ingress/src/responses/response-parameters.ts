import { listParameters } from '../jobs/list-query.ts';

/** The query of `GET /v1/responses/{id}`. */
export const responseQueryParameters = {
  stream: { enum: ['true', 'false'], default: 'false', description: 'Whether its events are sent.' },
  starting_after: {
    type: 'string',
    pattern: '^[0-9]{1,9}$',
    description: 'sequence_number of the last event that the client has; only with stream.',
  },
  include_obfuscation: { enum: ['false'], description: 'Events are not padded.' },
} as const;

export interface ResponseQuery {
  readonly stream?: 'true' | 'false';
  readonly starting_after?: string;
}

export const inputListParameters = {
  ...listParameters('msg_'),
  order: { enum: ['asc', 'desc'], default: 'desc', description: 'By their place in the conversation.' },
} as const;
