import type { ApiPart } from './api-part.ts';
import { enginePart } from './engine-part.ts';
import { generatePart } from './generate-part.ts';
import { openAiPart } from './openai/openai-part.ts';
import { piiPart } from './pii/pii-part.ts';
import { predictPart } from './predict-part.ts';
import { requestsPart } from './requests-part.ts';
import { batchesPart } from './jobs/batches-part.ts';
import { filesPart } from './jobs/files-part.ts';
import { jobsPart } from './jobs/jobs-part.ts';
import { responsesPart } from './responses/responses-part.ts';
import { taskPart } from './task-part.ts';

/** All of the HTTP API: a plugin with routes adds its part here. */
export const apiParts: readonly ApiPart[] = [
  generatePart,
  taskPart,
  predictPart,
  openAiPart,
  requestsPart,
  piiPart,
  enginePart,
  responsesPart,
  jobsPart,
  filesPart,
  batchesPart,
];
