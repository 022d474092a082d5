const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** Bech32 (BIP 173) and Bech32m (BIP 350). */
const constants = new Set([1, 0x2bc830a3]);

export function passesBech32(value: string): boolean {
  const lower = value.toLowerCase();
  if (lower !== value && value.toUpperCase() !== value) return false;
  const border = lower.lastIndexOf('1');
  const prefix = Array.from(lower.slice(0, border), (character) => character.charCodeAt(0));
  const data = Array.from(lower.slice(border + 1), (character) => alphabet.indexOf(character));
  if (border < 1 || data.length < 6 || data.includes(-1)) return false;
  const values = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...data];
  return constants.has(polymod(values));
}

function polymod(values: readonly number[]): number {
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of generator.entries()) if (((top >> bit) & 1) === 1) check ^= term;
  }
  return check >>> 0;
}
