/** Remainder of a number of any length by 97. */
export function mod97(digits: string): number {
  let remainder = 0;
  for (const digit of digits) remainder = (remainder * 10 + Number(digit)) % 97;
  return remainder;
}

/** The check of ISO 13616 (ISO/IEC 7064 mod 97,10), letters as 10 to 35. */
export function passesMod97(iban: string): boolean {
  const rearranged = iban.slice(4) + iban.slice(0, 4);
  const digits = rearranged.toUpperCase().replace(/[A-Z]/gu, (letter) => String(Number.parseInt(letter, 36)));
  return mod97(digits) === 1;
}
