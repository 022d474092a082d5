import { subjects, type RequestScrubbed } from '@millrace/contracts';
import type { Relay } from '@millrace/relay';
import { newGatewayName, startRelay } from '@millrace/relay';
import { startTestPlatform, testRelaySettings, type TestPlatform } from '@millrace/relay/testing';
import {
  createIdGenerator,
  MillraceError,
  stopInReverse,
  systemRandom,
  type IdGenerator,
  type Stoppable,
} from '@millrace/runtime';
import {
  giveUp,
  openResultLog,
  resultRecord,
  sealContent,
  type RequestContent,
  type RequestEventName,
  type StageDependencies,
} from '@millrace/stage';
import { deliverAll, readAll, receivedOf } from '@millrace/stage/testing';
import { inTransaction, organisations, tenants, type Database } from '@millrace/store';
import { startTestDatabase, startTestNats } from '@millrace/testkit';
import { discardLetter, orderReplay } from './decide.ts';
import { keepLetters } from './keep-letter.ts';
import type { ShownLetter } from './letters.ts';

export interface DeadLettersTest extends Stoppable {
  readonly dependencies: StageDependencies & {
    readonly database: Database;
    readonly relay: Relay;
    readonly nextId: IdGenerator;
    readonly translate: undefined;
  };
  readonly platform: TestPlatform;
  /** Kills a request at a stage. @returns its id, and that of its letter */
  kill(request: DyingRequest): Promise<{ readonly requestId: string; readonly letter: string }>;
  /** Stores any message, and gives it up. @returns the id of its letter */
  killMessage(message: DyingMessage): Promise<string>;
  order(letter: string, again?: boolean): Promise<ShownLetter>;
  discard(letter: string, reason: string): Promise<ShownLetter>;
}

export interface DyingRequest {
  readonly tenant: string;
  readonly user?: string | null;
  readonly content: RequestContent;
  readonly at: 'request.received' | 'request.admitted' | 'request.scrubbed';
  /** What the scrubber has replaced. */
  readonly masked?: Readonly<Record<string, string>>;
}

export interface DyingMessage {
  readonly stage: string;
  readonly stream: string;
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly name: RequestEventName;
}

/** PostgreSQL, a nats-server and a relay, with the tenants `acme` and `globex`, each of an organisation of its name. */
export async function startDeadLettersTest(): Promise<DeadLettersTest> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const { database } = keep(await startTestDatabase());
  const nats = keep(await startTestNats());
  const platform = keep(await startTestPlatform(nats.url));
  const stage = await platform.connect();
  const relay = keep(await startRelay({ ...stage, gateway: newGatewayName() }, testRelaySettings));
  const nextId = createIdGenerator(stage.clock, systemRandom);
  const dependencies = { ...stage, database, relay, nextId, translate: undefined };
  await database.insert(organisations).values(['acme', 'globex'].map((id) => ({ id, name: id })));
  await database.insert(tenants).values(['acme', 'globex'].map((id) => ({ id, name: id, organisation: id })));
  const { bus, codec, sealing, clock } = stage;

  const killMessage: DeadLettersTest['killMessage'] = async (message) => {
    const { stream, subject, payload, headers = {} } = message;
    const { sequence } = await bus.publish({ subject, payload, headers });
    const delivery = (await deliverAll(bus, stream, subject, 6)).find((each) => each.sequence === sequence);
    if (delivery === undefined) throw new Error(`${subject} is not in ${stream}`);
    const error = new MillraceError('engine_failed', 'The engine failed.');
    await giveUp(stage, { stage: message.stage, eventName: message.name }, delivery, {
      kind: 'error',
      error,
    });
    const stored = await readAll(bus.read('DEADLETTER', 'mr.deadletter.>'));
    await keepLetters(dependencies, stored);
    return String(stored.at(-1)?.sequence);
  };

  return {
    dependencies,
    platform,
    killMessage,
    async kill({ tenant, user = null, content, at, masked }) {
      const principal = { key_id: 'key', roles: ['developer'], organisation: tenant, user_id: user };
      const plain = receivedOf(tenant, clock.now(), { principal, model: 'test-model', gateway: 'g-dead' });
      const box = await sealing.forUser(tenant, user);
      const { request_id: requestId } = plain;
      const event = { ...plain, content: sealContent(box, requestId, 'request', content) };
      if (masked !== undefined) {
        const log = await openResultLog(stage, event);
        const sealed = sealContent(box, requestId, 'masked', { mapping: masked });
        await log.append(resultRecord(event, { kind: 'MASKED', at: clock.now(), content: sealed }));
      }
      const scrubbed: RequestScrubbed = { ...event, personal_data: masked === undefined ? [] : ['email'] };
      const [stream, subject, stageName] = {
        'request.received': ['RECEIVED', subjects.received(tenant), 'auth-quota'],
        'request.admitted': ['ADMITTED', subjects.admitted(tenant), 'pii'],
        'request.scrubbed': ['SCRUBBED', subjects.scrubbed('test-model', 'normal-1'), 'inference'],
      }[at] as [string, string, string];
      const payload = codec.encode(at, at === 'request.scrubbed' ? scrubbed : event);
      const letter = await killMessage({ stage: stageName, stream, subject, payload, name: at });
      await bus.purge(stream, subject);
      return { requestId, letter };
    },
    order: (letter, again = false) =>
      inTransaction(database, (transaction) =>
        orderReplay(dependencies, transaction, { letter, again, actor: 'usr_operator' }),
      ),
    discard: (letter, reason) =>
      inTransaction(database, (transaction) =>
        discardLetter(dependencies, transaction, { letter, reason, actor: 'usr_operator' }),
      ),
    stop: () => stopInReverse(parts),
  };
}
