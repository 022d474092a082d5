/** How long a step may take where nothing else is set. */
export const defaultStalledAfterMs = 60_000;
