export { edgeProcessSettings, edgeSettings, type EdgeProcessSettings, type EdgeSettings } from './config.ts';
export { edgeRoutes, type EdgeRoutesOptions } from './edge-routes.ts';
export { clientMessageSchemas, type ClientMessage } from './protocol/client-messages.ts';
export { serverMessageSchemas, type ServerMessage } from './protocol/server-messages.ts';
export { startEdge, type Edge } from './service.ts';
