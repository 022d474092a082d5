/** A key that no other request has. It need not be hard to guess: it counts only beside the credential. */
export function newIdempotencyKey(): string {
  // Node 18 has no global crypto, and a browser has randomUUID only where the page came over TLS.
  const { crypto } = globalThis as { readonly crypto?: { readonly randomUUID?: () => string } };
  return crypto?.randomUUID?.() ?? `${digits()}${digits()}${Date.now().toString(36)}`;
}

function digits(): string {
  return Math.random().toString(36).slice(2);
}
