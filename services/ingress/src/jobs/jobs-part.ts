import type { ApiPart } from '../api-part.ts';
import { cacheControlParameter, json } from '../openapi-responses.ts';
import {
  jobBodySchema,
  jobListParameters,
  jobProperties,
  jobQueryParameters,
  jobSchema,
} from './job-schema.ts';
import {
  creationErrors,
  deletedSchema,
  idParameter,
  keptErrors,
  keptResponse,
  keyParameter,
  pageSchema,
  queryParameters,
} from './kept-part.ts';

const id = idParameter('The job.');

export const jobsPart: ApiPart = {
  tag: { name: 'Jobs', description: 'Requests that outlive connections and restarts.' },
  paths: {
    '/v1/jobs': {
      post: {
        operationId: 'createJob',
        summary: 'Has a request answered later.',
        description: 'The body is checked as the endpoint would check it.',
        parameters: [keyParameter, cacheControlParameter],
        requestBody: {
          required: true,
          content: json('NewJob', {
            endpoint: '/v1/generate',
            body: { prompt: 'Say hello.', max_tokens: 16 },
          }),
        },
        responses: { 202: keptResponse('Job', 'The job.'), ...creationErrors },
      },
      get: {
        operationId: 'listJobs',
        summary: 'Lists jobs, newest first.',
        parameters: queryParameters(jobListParameters),
        responses: { 200: keptResponse('JobPage', 'A page of jobs, without content.'), ...keptErrors },
      },
    },
    '/v1/jobs/{id}': {
      get: {
        operationId: 'getJob',
        summary: 'Says where a job stands, with its progress or its result.',
        parameters: [id, ...queryParameters(jobQueryParameters)],
        responses: { 200: keptResponse('Job', 'The job.'), ...keptErrors },
      },
      delete: {
        operationId: 'deleteJob',
        summary: 'Forgets a job that has ended.',
        parameters: [id],
        responses: { 200: keptResponse('Deleted', 'It is gone.'), ...keptErrors },
      },
    },
    '/v1/jobs/{id}/cancel': {
      post: {
        operationId: 'cancelJob',
        summary: 'Stops a job; one that has ended stays as it is.',
        parameters: [id],
        responses: { 200: keptResponse('JobSummary', 'The job, without content.'), ...keptErrors },
      },
    },
  },
  schemas: {
    NewJob: jobBodySchema,
    Job: jobSchema,
    JobSummary: {
      title: 'JobSummary',
      type: 'object',
      required: Object.keys(jobProperties),
      additionalProperties: false,
      properties: jobProperties,
    },
    JobPage: pageSchema('JobPage', 'JobSummary'),
    Deleted: deletedSchema,
  },
};
