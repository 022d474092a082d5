import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isRunning } from './process-identity.mjs';

const pollMs = 200;
const heartbeatMs = 5000;
const otherHostStaleMs = 30_000;
const unreadableStaleMs = 5000;

/**
 * Runs `work` while no other process does the same under this lock file.
 *
 * The lock outlives a holder that was killed only as long as a child of its own still runs (`guard`), so that
 * nothing starts while an orphaned `npm install` still writes. A lock of another host is believed while its heartbeat lasts.
 *
 * @template T
 * @param {string} path
 * @param {(lock: { guard: (pid: number) => void }) => Promise<T>} work
 * @param {{ onWait?: (holder: { pid: number }) => void }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { onWait } = {}) {
  const own = { host: hostname(), processes: [identify(process.pid)] };
  let waiting = false;
  while (!tryTake(path, own)) {
    const holder = readHolder(path);
    if (holder !== undefined && !isHeld(path, holder)) {
      breakStale(path);
      continue;
    }
    if (!waiting && holder !== undefined && holder.processes !== undefined) {
      waiting = true;
      onWait?.(runningMember(holder) ?? holder.processes[0]);
    }
    await delay(pollMs);
  }
  const heartbeat = setInterval(() => touch(path), heartbeatMs);
  heartbeat.unref();
  try {
    return await work({
      guard(pid) {
        own.processes.push(identify(pid));
        writeFileSync(`${path}.${process.pid}`, JSON.stringify(own));
        renameSync(`${path}.${process.pid}`, path);
      },
    });
  } finally {
    clearInterval(heartbeat);
    rmSync(path, { force: true });
  }
}

function tryTake(path, own) {
  try {
    writeFileSync(path, JSON.stringify(own), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The holder; `{}` where the file cannot be read as one; `undefined` where the lock is free. */
function readHolder(path) {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(holder?.processes) ? holder : {};
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function isHeld(path, holder) {
  if (holder.processes === undefined) return ageMs(path) < unreadableStaleMs;
  if (holder.host !== hostname()) return ageMs(path) < otherHostStaleMs;
  return runningMember(holder) !== undefined;
}

function runningMember(holder) {
  return holder.processes.find((member) => isRunning(member));
}

/** Removes a stale lock; a second file makes sure that it is not a fresh one that took its place. */
function breakStale(path) {
  const breaking = `${path}.break`;
  try {
    writeFileSync(breaking, '', { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (ageMs(breaking) > unreadableStaleMs) rmSync(breaking, { force: true });
    return;
  }
  try {
    const holder = readHolder(path);
    if (holder !== undefined && !isHeld(path, holder)) rmSync(path, { force: true });
  } finally {
    rmSync(breaking, { force: true });
  }
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch (error) {
    if (error.code === 'ENOENT') return Number.POSITIVE_INFINITY;
    throw error;
  }
}

function touch(path) {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
