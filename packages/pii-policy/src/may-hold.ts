/** What values have: figures, signs of addresses, words before secrets, and long words, as which keys look. */
const telling =
  /[\d@]|:\/\/|www\.|\.[a-z]{2,4}\/|-----BEGIN|pass|pwd|secret|token|key|bearer|credential|kennwort|contraseña|senha|clave|xox[a-z]-|[\w+/-]{16}|[\da-f]{2}[:-][\da-f]{2}[:-]|[\da-f]:[\da-f]*:/i;

/**
 * A cheap look: whether a text may hold what is found by its form. Persons, organisations and places, and what patterns of a tenant's
 * own find, are not told so.
 */
export function mayHoldForms(text: string): boolean {
  return telling.test(text);
}
