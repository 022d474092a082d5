import type { ApiPart } from './api-part.ts';
import { cancelPart } from './cancel-part.ts';
import { enginePart } from './engine-part.ts';
import { generatePart } from './generate-part.ts';
import { taskPart } from './task-part.ts';

/** All of the HTTP API: a plugin with routes adds its part here. */
export const apiParts: readonly ApiPart[] = [generatePart, taskPart, cancelPart, enginePart];
