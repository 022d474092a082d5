/** How urgent a request is: as clients say it, and as events do. */
export const priorities = { high: 'HIGH', normal: 'NORMAL', low: 'LOW' } as const;
