export { createArrivalCounter, type ArrivalCounter } from './arrival-counter.ts';
export type { ClusterServer } from './cluster/cluster-server.ts';
export type { ClusterProcess, ProcessEnd } from './cluster/cluster-process.ts';
export { createScratchFolder, type ScratchFolder } from './cluster/scratch-folder.ts';
export { startCluster, type Cluster, type ClusterOptions } from './cluster/start-cluster.ts';
export { defaultTenant } from './credentials.ts';
export {
  persistentPrompt,
  type PersistentAnswer,
  type PersistentPrompt,
  type PersistentPromptOptions,
} from './persistent-prompt.ts';
export { proveAnswers, type AnswerProof, type GivenAnswer, type Proofs } from './prove-answers.ts';
export { embeddedSettings } from './config.ts';
export { startEmbedded, type Embedded } from './start-embedded.ts';
