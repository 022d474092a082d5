export { startTestNats, type TestNats } from './nats-server.ts';
