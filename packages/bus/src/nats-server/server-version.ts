import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MillraceError } from '@millrace/runtime';

/** Older ones silently ignore settings that Millrace relies on, such as time to live of single messages. */
export const oldestNatsServer = '2.12.0';

const run = promisify(execFile);

/**
 * Asks the binary for its version.
 * @throws MillraceError part_missing when it cannot be run, nats_server_too_old
 */
export async function checkNatsServerBinary(binary: string): Promise<string> {
  let output: string;
  try {
    output = (await run(binary, ['--version'], { timeout: 10_000 })).stdout;
  } catch (error) {
    throw new MillraceError(
      'part_missing',
      `The nats-server at ${binary} cannot be run: set NATS_SERVER to a nats-server of version ${oldestNatsServer} or newer, or NATS_URL to one that is running`,
      { cause: error },
    );
  }
  const version = /v?(\d+\.\d+\.\d+\S*)/.exec(output)?.[1] ?? output.trim();
  requireNatsServerVersion(version, binary);
  return version;
}

/** @throws MillraceError nats_server_too_old naming the found and the needed version */
export function requireNatsServerVersion(version: string, where: string): void {
  if (isAtLeast(version, oldestNatsServer)) return;
  throw new MillraceError(
    'nats_server_too_old',
    `The nats-server at ${where} is version ${version}, and Millrace needs ${oldestNatsServer} or newer`,
  );
}

function isAtLeast(version: string, oldest: string): boolean {
  const found = numbers(version);
  for (const [index, needed] of numbers(oldest).entries()) {
    const have = found[index] ?? 0;
    if (have !== needed) return have > needed;
  }
  return true;
}

function numbers(version: string): number[] {
  return version.split(/[.-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
}
