import type { Decision, RequestAdmitted, RequestReceived, RequestScrubbed } from '@millrace/contracts';

/** A request on its way: the three events have the same fields and differ in what has been done. */
export type RequestEvent = RequestReceived | RequestAdmitted | RequestScrubbed;

export type RequestEventName = 'request.received' | 'request.admitted' | 'request.scrubbed';

/** The event that the next stage gets: with one more decision in its trail. */
export function withDecision<Event extends RequestEvent>(event: Event, decision: Decision): Event {
  return { ...event, trail: [...event.trail, decision] };
}
