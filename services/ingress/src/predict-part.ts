import { predictAnswerSchema, predictBodySchema } from '@millrace/endpoints';
import type { ApiPart } from './api-part.ts';
import { answerResponse, exchange, whenGone } from './openapi-responses.ts';

export const predictPart: ApiPart = {
  tag: { name: 'Tasks', description: 'What is done with a text, or with each of a list.' },
  paths: {
    '/v1/predict': {
      post: {
        operationId: 'predict',
        summary: 'Does any of the tasks, which the body names.',
        description: `The same as POST /v1/<task>, with the text as input and the fields of the task as parameters. ${whenGone}`,
        ...exchange('Predict', answerResponse('PredictAnswer'), {
          task: 'classify',
          input: ['The striker scored two goals.', 'Simmer the onions.'],
          parameters: { labels: ['finance', 'cooking', 'sports'] },
        }),
      },
    },
  },
  schemas: { Predict: predictBodySchema, PredictAnswer: predictAnswerSchema },
};
