/** Where a message stands in a trace: the two headers of W3C Trace Context. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

const validParent = /^[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?$/;

/** The headers that carry a trace context in a message. */
export const traceHeaders = {
  write(context: TraceContext | undefined): Record<string, string> {
    if (context === undefined) return {};
    const { traceparent, tracestate } = context;
    return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
  },
  /** The context, or undefined when there is none or it is not valid. */
  read(headers: Readonly<Record<string, string>>): TraceContext | undefined {
    const { traceparent, tracestate } = headers;
    if (traceparent === undefined || traceparent.startsWith('ff') || !validParent.test(traceparent))
      return undefined;
    return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
  },
};
