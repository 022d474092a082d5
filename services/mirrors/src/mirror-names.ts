/**
 * The mirrors, in the order of their partitions in the state topic: new ones go to the end. `answers` is there where topics of requests
 * are configured.
 */
export const mirrorNames = ['requests', 'billing', 'audit', 'answers', 'reference'] as const;

export type MirrorName = (typeof mirrorNames)[number];
