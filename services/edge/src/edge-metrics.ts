import type { Metrics } from '@millrace/runtime';

export interface EdgeMetrics {
  connections(change: 1 | -1): void;
  received(type: string): void;
  refused(code: string): void;
  closed(code: number): void;
}

export function createEdgeMetrics(metrics: Metrics): EdgeMetrics {
  const connections = metrics.gauge({
    name: 'millrace_edge_connections',
    help: 'Open WebSocket connections.',
  });
  const received = metrics.counter({
    name: 'millrace_edge_messages_total',
    help: 'Valid messages from clients.',
    labelNames: ['type'],
  });
  const refused = metrics.counter({
    name: 'millrace_edge_refused_messages_total',
    help: 'Messages from clients that were refused, by code.',
    labelNames: ['code'],
  });
  const closed = metrics.counter({
    name: 'millrace_edge_closed_connections_total',
    help: 'Connections that have ended, by close code.',
    labelNames: ['code'],
  });
  return {
    connections: (change) => connections.inc(change),
    received: (type) => received.inc({ type }),
    refused: (code) => refused.inc({ code }),
    closed: (code) => closed.inc({ code }),
  };
}
