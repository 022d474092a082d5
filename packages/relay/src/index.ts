export { mayAccess, type GatewayPrincipal } from './gateway-principal.ts';
export type { RelayChunk, RelayCompleted, RelayEvent, RelayFailed } from './relay-event.ts';
export { relaySettings, type RelaySettings } from './relay-settings.ts';
export { newGatewayName, startRelay, type Relay, type RelayDependencies } from './start-relay.ts';
export type { Accepted, Generation, Submission } from './submission.ts';
