import type { FastifyReply } from 'fastify';

/** Does what follows once the last byte of the answer is handed over; an answer that breaks off is none. */
export function onDelivered(
  reply: FastifyReply,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): void {
  reply.raw.once('finish', () => {
    if (reply.raw.statusCode < 400) work().catch(onError);
  });
}
