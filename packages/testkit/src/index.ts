export { startTestDatabase, type TestDatabase } from './database.ts';
export { startTestNats, type TestNats } from './nats-server.ts';
