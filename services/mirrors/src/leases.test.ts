import { createLogger, systemClock, type Stoppable } from '@millrace/runtime';
import { startTestDatabase, type TestDatabase } from '@millrace/testkit';
import { sql } from '@millrace/store/sql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLeases, type Leases } from './leases.ts';

const logger = createLogger({ service: 'leases', level: 'silent' });
const { signal } = new AbortController();

describe('leases', () => {
  let server: TestDatabase;
  const parts: Stoppable[] = [];

  beforeAll(async () => {
    server = await startTestDatabase();
  });
  afterEach(async () => {
    for (const part of parts.splice(0)) await part.stop();
  });
  afterAll(() => server?.stop());

  const replica = (silenceMs?: number): Leases => {
    const options = silenceMs === undefined ? {} : { silenceMs };
    const leases = createLeases({ database: server.database, clock: systemClock, logger }, options);
    parts.push(leases);
    return leases;
  };
  const endSessions = async (): Promise<void> => {
    await server.database.execute(
      sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'`,
    );
  };

  it('are held by one at a time, and pass on when they are released', async () => {
    const [first, second] = [replica(), replica()];
    const held = await first.hold('audit', signal);
    const other = await second.hold('billing', signal);
    let isHeld = true;
    const waiting = second.hold('audit', signal).then(async (lease) => {
      expect(isHeld).toBe(false);
      return lease;
    });
    await second.hold('requests', signal);
    isHeld = false;
    await held.release();
    const taken = await waiting;
    expect(taken.signal.aborted).toBe(false);
    await taken.release();
    await other.release();
  });

  it('are lost with their session, which is told at once, and can be had again', async () => {
    const leases = replica();
    const held = await leases.hold('audit', signal);
    const lost = new Promise((resolve) => {
      held.signal.addEventListener('abort', () => resolve(held.signal.reason));
    });
    await endSessions();
    expect(await lost).toMatchObject({ code: 'fenced' });
    const again = await leases.hold('audit', signal);
    expect(again.signal.aborted).toBe(false);
    await again.release();
  });

  it('last for as long as the session is heard of', async () => {
    const [first, second] = [replica(400), replica()];
    const held = await first.hold('audit', signal);
    // Longer than the silence that the server allows.
    const patience = AbortSignal.timeout(1_500);
    await expect(second.hold('audit', patience)).rejects.toThrow('timeout');
    expect(held.signal.aborted).toBe(false);
    await held.release();
  });

  it('are waited for until the wait is called off', async () => {
    const [first, second] = [replica(), replica()];
    const held = await first.hold('audit', signal);
    const calledOff = new AbortController();
    const waiting = second.hold('audit', calledOff.signal);
    calledOff.abort(new Error('no longer'));
    await expect(waiting).rejects.toThrow('no longer');
    await held.release();
  });
});
