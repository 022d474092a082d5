/** What a request asks for. */
export const operations = ['generate', 'summarize', 'classify', 'translate', 'embed'] as const;

export type Operation = (typeof operations)[number];

/** Those that work on texts, and not on a conversation. */
export type TaskOperation = Exclude<Operation, 'generate'>;
