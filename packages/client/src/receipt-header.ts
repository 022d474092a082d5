/** The header that asks for the receipt of a request; none where it is not asked for. */
export function receiptHeader({ receipt }: { readonly receipt: boolean }): Readonly<Record<string, string>> {
  return receipt ? { 'x-millrace-receipt': 'true' } : {};
}
