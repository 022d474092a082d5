const mask = (1n << 64n) - 1n;
const rateBytes = 136;

/** Rotations of the lanes, x + 5y (Keccak reference, section 1.2). */
const rotations = [
  0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
];

/** Keccak-256 as Ethereum has it, with the padding before FIPS 202, which is why Node's SHA3-256 will not do. One block: at most 135 bytes of ASCII. */
export function keccak256(ascii: string): Uint8Array {
  const block = new Uint8Array(rateBytes);
  block.set(Buffer.from(ascii, 'latin1'));
  block[ascii.length] = 1;
  block[rateBytes - 1] = (block[rateBytes - 1] as number) | 0x80;
  let state: bigint[] = Array.from({ length: 25 }, () => 0n);
  const lanes = new DataView(block.buffer);
  for (let lane = 0; lane < rateBytes / 8; lane += 1) state[lane] = lanes.getBigUint64(lane * 8, true);
  let register = 1;
  for (let round = 0; round < 24; round += 1) {
    let constant = 0n;
    for (let power = 0; power < 7; power += 1) {
      if ((register & 1) === 1) constant |= 1n << BigInt((1 << power) - 1);
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
    state = roundOf(state, constant);
  }
  const hash = new DataView(new ArrayBuffer(32));
  for (let lane = 0; lane < 4; lane += 1) hash.setBigUint64(lane * 8, state[lane] as bigint, true);
  return new Uint8Array(hash.buffer);
}

/** Theta, rho and pi, chi, iota. */
function roundOf(state: readonly bigint[], constant: bigint): bigint[] {
  const at = (x: number, y: number): bigint => state[(x % 5) + 5 * (y % 5)] as bigint;
  const parity = [0, 1, 2, 3, 4].map((x) => at(x, 0) ^ at(x, 1) ^ at(x, 2) ^ at(x, 3) ^ at(x, 4));
  const moved: bigint[] = Array.from({ length: 25 }, () => 0n);
  for (let x = 0; x < 5; x += 1) {
    const change = (parity[(x + 4) % 5] as bigint) ^ rotate(parity[(x + 1) % 5] as bigint, 1);
    for (let y = 0; y < 5; y += 1)
      moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotate(at(x, y) ^ change, rotations[x + 5 * y] as number);
  }
  return moved.map((lane, index) => {
    const x = index % 5;
    const row = index - x;
    const mixed =
      lane ^ (~(moved[row + ((x + 1) % 5)] as bigint) & mask & (moved[row + ((x + 2) % 5)] as bigint));
    return index === 0 ? mixed ^ constant : mixed;
  });
}

const rotate = (lane: bigint, by: number): bigint =>
  ((lane << BigInt(by)) | (lane >> BigInt(64 - by))) & mask;
