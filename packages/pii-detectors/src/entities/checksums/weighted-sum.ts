/** Sum of digits, each times its weight. */
export function weightedSum(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0);
}

export const digitsOf = (value: string): string => value.replace(/\D/gu, '');

/** Whether all digits are the same: such numbers pass many checks and belong to nobody. */
export const isOneDigit = (digits: string): boolean => /^(\d)\1*$/u.test(digits);
