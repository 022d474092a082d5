import type { GenerationPriority } from './generation.ts';

/** Shares by priority, the most urgent first. */
export const priorityWeights: Readonly<Record<GenerationPriority, number>> = { HIGH: 4, NORMAL: 2, LOW: 1 };
