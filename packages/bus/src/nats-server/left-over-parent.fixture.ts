import { createLogger } from '@millrace/runtime';
import { startNatsServer } from './start-nats-server.ts';

/** Starts a server on the given folder, prints its pid and waits to be killed. */
const [binary = '', dataDir = ''] = process.argv.slice(2);
const server = await startNatsServer({
  binary,
  dataDir,
  logger: createLogger({ service: 'fixture', level: 'silent' }),
});
process.stdout.write(`${server.pid}\n`);
