import * as schema from './schema/index.ts';

/** All tables by the names of their exports, for those who have to know of each. */
export const tables = schema;
