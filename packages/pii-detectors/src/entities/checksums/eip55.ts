import { keccak256 } from './keccak256.ts';

/** Whether the case of the letters of an Ethereum address is that of EIP-55. */
export function passesEip55(address: string): boolean {
  const digits = address.slice(2);
  const hash = keccak256(digits.toLowerCase());
  return Array.from(digits).every((digit, index) => {
    if (/\d/u.test(digit)) return true;
    const byte = hash[index >> 1] as number;
    const isUpper = (index % 2 === 0 ? byte >> 4 : byte & 15) > 7;
    return isUpper === (digit === digit.toUpperCase());
  });
}
