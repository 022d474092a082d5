import { subjects } from '@millrace/contracts';
import { momentSchema } from '@millrace/control-plane';
import {
  discardLetter,
  findLetter,
  letterStatuses,
  listLetters,
  orderReplay,
  placeOfLetter,
  showContent,
  showLetter,
  type LetterFilter,
} from '@millrace/dead-letters';
import { route, type AdminPlane, type AdminRoute, type Call } from '../admin-route.ts';
import {
  organisationParameter,
  pageOf,
  pageParameters,
  placeOfList,
  tenantParameter,
  type PlaceQuery,
} from '../page-query.ts';

interface Params {
  readonly letter: string;
}

const tag = 'dead letters';
const text = { type: 'string' } as const;
const textOrNull = { type: ['string', 'null'] } as const;
const moment = { type: 'string', format: 'date-time' } as const;
const count = { type: 'integer' } as const;
const stage = {
  type: 'string',
  pattern: '^[a-z][a-z-]{0,39}$',
  description: 'The service that gave up.',
} as const;
const code = {
  type: 'string',
  pattern: '^[a-z][a-z_]{0,63}$',
  description: 'The error code, which says why.',
} as const;

const params = {
  letter: { type: 'string', pattern: '^[1-9]\\d{0,14}$', description: 'Id of a dead letter: a number.' },
} as const;

const shown = {
  id: text,
  status: { enum: letterStatuses },
  stage: text,
  tenant: { ...textOrNull, description: 'Null: the message names none, or cannot be read.' },
  request_id: textOrNull,
  code: { ...text, description: 'Why the stage gave up: an error code.' },
  reason: text,
  died_at: moment,
  stream: { ...text, description: 'Where the message was.' },
  subject: text,
  sequence: count,
  deliveries: { ...count, description: 'How often it was tried.' },
  replay: {
    enum: ['request', 'intake', 'stage', 'none'],
    description:
      'What a replay is: a new request; the message in its queue again; the stage that gave up tries once more; nothing can be made of it.',
  },
  replays: count,
  replayed_as: { ...textOrNull, description: 'The request of the last replay.' },
  failure: { ...textOrNull, description: 'Why the last replay could not be carried out.' },
  decided_at: { ...textOrNull, format: 'date-time' },
  decided_by: textOrNull,
  discard_reason: textOrNull,
};

const answerOf = (title: string, properties: Readonly<Record<string, object>>) => ({
  title,
  type: 'object',
  required: Object.keys(properties),
  additionalProperties: false,
  properties,
});

const answer = answerOf('DeadLetter', shown);

const openedAnswer = answerOf('OpenedDeadLetter', {
  ...shown,
  replay_outcome: {
    ...textOrNull,
    description: 'How the request of the last replay ended; null: it has not, or there is none.',
  },
  facts: { type: ['object', 'null'], description: 'What the message says beside its content.' },
  headers: { type: 'object', additionalProperties: text },
  content: {
    description:
      'With placeholders in the place of personal data that is found; null: there is none to show.',
  },
  content_gone: { ...textOrNull, description: 'Why there is no content: an error code.' },
});

/** Who is named on the letter. */
const actorOf = ({ actor }: Call<unknown, unknown, unknown>): string => actor.user_id ?? actor.key_id;

const placeOf = (plane: Pick<AdminPlane, 'database'>, asked: { readonly params: Params }) =>
  placeOfLetter(plane, asked.params.letter);

/** How the request of the last replay ended. */
async function outcomeOf(
  { bus, codec }: AdminPlane,
  tenant: string | null,
  requestId: string | null,
): Promise<string | null> {
  if (tenant === null || requestId === null) return null;
  const closing = await bus.lastMessage('CLOSED', subjects.closed(tenant, requestId));
  return closing === undefined ? null : codec.decode('request.closed', closing.payload).outcome.toLowerCase();
}

export const deadLetterRoutes: readonly AdminRoute[] = [
  route<object, PlaceQuery & LetterFilter>({
    method: 'GET',
    path: '/dead-letters',
    action: 'dead-letter.read',
    operationId: 'listDeadLetters',
    summary:
      'Messages that could not be processed, the oldest first; by default those that nobody has decided on.',
    tag,
    query: {
      ...pageParameters,
      ...organisationParameter,
      ...tenantParameter,
      stage,
      code,
      status: {
        enum: [...letterStatuses, 'all'],
        description: 'By default open, which those are too that are being replayed.',
      },
      from: { ...momentSchema, description: 'That were given up then or later.' },
      to: { ...momentSchema, description: 'That were given up before.' },
      request: { type: 'string', format: 'uuid', description: 'Those of this request alone.' },
    },
    answer,
    isList: true,
    place: (plane, { query }, actor) => placeOfList(plane, query, actor),
    run: ({ plane, place, query }) => listLetters(plane, place, { ...query, ...pageOf(query) }),
  }),
  route<Params>({
    method: 'GET',
    path: '/dead-letters/{letter}',
    action: 'dead-letter.open',
    operationId: 'openDeadLetter',
    summary: 'A dead letter with what is in it; personal data that is found is masked.',
    tag,
    params,
    answer: openedAnswer,
    place: placeOf,
    run: async ({ plane, params: { letter } }) => {
      const row = await findLetter(plane, letter);
      return {
        ...showLetter(row),
        replay_outcome: await outcomeOf(plane, row.tenant, row.replayRequestId),
        ...(await showContent(plane, row)),
      };
    },
  }),
  route<Params, object, { readonly again?: boolean }>({
    method: 'POST',
    path: '/dead-letters/{letter}/replay',
    action: 'dead-letter.replay',
    operationId: 'replayDeadLetter',
    summary: 'Replays a dead letter, which takes a moment. Each is replayed once, unless it says again.',
    tag,
    params,
    body: {
      title: 'Replay',
      type: 'object',
      additionalProperties: false,
      properties: {
        again: {
          type: 'boolean',
          default: false,
          description: 'Also what was replayed, or discarded, before.',
        },
      },
    },
    answer,
    place: placeOf,
    before: async (reading, { letter }) => showLetter(await findLetter(reading, letter)),
    create: async (call, transaction) => {
      const {
        plane,
        params: { letter },
        body: { again = false },
      } = call;
      return orderReplay(plane, transaction, { letter, again, actor: actorOf(call) });
    },
    after: ({ plane }) => plane.bus.publishCore({ subject: subjects.jobsWaiting, payload: new Uint8Array() }),
  }),
  route<Params, object, { readonly reason: string }>({
    method: 'POST',
    path: '/dead-letters/{letter}/discard',
    action: 'dead-letter.discard',
    operationId: 'discardDeadLetter',
    summary: 'Decides that nothing more is done with a dead letter.',
    tag,
    params,
    body: {
      title: 'Discard',
      type: 'object',
      required: ['reason'],
      additionalProperties: false,
      properties: {
        reason: {
          type: 'string',
          minLength: 1,
          maxLength: 500,
          description: 'Kept for good: nothing personal.',
        },
      },
    },
    answer,
    place: placeOf,
    before: async (reading, { letter }) => showLetter(await findLetter(reading, letter)),
    change: async (call, transaction) => {
      const {
        plane,
        params: { letter },
        body: { reason },
      } = call;
      return discardLetter(plane, transaction, { letter, reason, actor: actorOf(call) });
    },
  }),
];
