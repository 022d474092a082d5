import { startScratchServer, type ScratchServer } from '@millrace/bus/nats-server';

export type TestNats = ScratchServer;

/** A nats-server of a test's own, on a temporary folder; `kill`, `start` and `restart` keep port and data. @param configuration more of it, such as users */
export function startTestNats(configuration?: string): Promise<TestNats> {
  return startScratchServer(process.env, configuration);
}
