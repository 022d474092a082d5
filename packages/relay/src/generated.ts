export { readGenerated, type Generated } from './read-generated.ts';
