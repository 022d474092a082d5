import { Big } from 'big.js';
import type { RequestReceived } from '@millrace/contracts';
import { isModelAllowed } from '@millrace/control-plane/permissions';
import {
  lockQuotas,
  nameOf,
  Quota,
  subjectsOf,
  worstTokensOf,
  type RequestOwner,
  type RequestPrices,
} from '@millrace/quota';
import { transact } from '@millrace/store';
import {
  admissionFacts,
  allSubjectsOf,
  writeDecisions,
  type AdmissionFacts,
  type ClaimRow,
} from './admission-queries.ts';
import { judge, worstOf, type Candidate } from './admission-rules.ts';
import type { AdmissionRequest, Claim, DecidedRequest, Reserve } from './admission.ts';
import type { AdmissionDependencies } from './postgres-admission.ts';

const noReserve: Reserve = { tokens: 0, amount: '0' };

/** Quotas locked, requests looked up behind the lock and decided on one by one, everything written: one transaction. */
export async function claimRequests(
  { database, clock, maxQueue, prices }: AdmissionDependencies,
  requests: readonly AdmissionRequest[],
): Promise<ReadonlyMap<string, Claim>> {
  const now = clock.now();
  const events = requests.map(({ event }) => event);
  const wanted = {
    requestIds: events.map(({ request_id }) => request_id),
    tenants: [...new Set(events.map(({ tenant }) => tenant))],
    principals: [
      ...new Set(
        events.flatMap(({ principal: { key_id, user_id } }) =>
          user_id === null ? [key_id] : [key_id, user_id],
        ),
      ),
    ],
  };
  return transact(
    database,
    [lockQuotas({ subjects: allSubjectsOf(events.map(ownerOf)) }), admissionFacts(wanted)],
    (rows, [facts]) => {
      const quotas = new Map(rows.map((row) => [nameOf(row), new Quota(row)]));
      const claims = new Map(facts.present.map((row) => [row.requestId, claimOf(row)]));
      const decided: DecidedRequest[] = [];
      for (const request of requests) {
        const { event, encoded, mayWait } = request;
        if (claims.has(event.request_id)) continue;
        const candidate = candidateOf(request, facts, quotas, prices, maxQueue);
        const refusal = judge(candidate, now);
        if (refusal?.code === 'too_many_in_flight' && mayWait) continue;
        const reserved = refusal === undefined ? reserveOf(candidate) : noReserve;
        claims.set(event.request_id, {
          refusal,
          reserved,
          decidedAt: now,
          isNew: true,
          isClosed: false,
        });
        // There is nothing that a claim of an unknown tenant could belong to; it is refused again should it come again.
        if (facts.active[event.tenant] === undefined) continue;
        decided.push({ event, encoded, refusal, reserved });
      }
      const changed = [...quotas.values()].filter(({ isChanged }) => isChanged);
      const statements = decided.length === 0 ? [] : [writeDecisions(decided, changed, now)];
      return { statements, result: claims };
    },
  );
}

function ownerOf({ tenant, model, principal }: RequestReceived): RequestOwner {
  const { organisation, user_id: userId, key_id: keyId } = principal;
  return { tenant, organisation, userId, keyId, model };
}

function candidateOf(
  { event, cancelled }: AdmissionRequest,
  facts: AdmissionFacts,
  quotas: ReadonlyMap<string, Quota>,
  prices: RequestPrices,
  maxQueue: number,
): Candidate {
  const amount = prices.worstAmountOf(event);
  return {
    requestId: event.request_id,
    model: event.model,
    deadlineAt: event.deadline_at,
    cancelled,
    barred: whyBarred(event, facts),
    maxQueue,
    quotas: subjectsOf(ownerOf(event)).flatMap((subject) => quotas.get(nameOf(subject)) ?? []),
    worst: { tokens: worstTokensOf(event), amount: amount === undefined ? undefined : new Big(amount) },
  };
}

function whyBarred(
  { tenant, principal, model, fallbacks }: RequestReceived,
  { active, revoked, allowedModels }: AdmissionFacts,
): string | undefined {
  if (active[tenant] !== true) return 'The tenant does not exist or is suspended.';
  if (revoked.includes(principal.key_id)) return 'The API key was revoked.';
  if (principal.user_id !== null && revoked.includes(principal.user_id)) return 'The user is disabled.';
  const allowed = allowedModels[principal.key_id];
  const barred = [model, ...fallbacks].find((each) => !isModelAllowed(allowed, each));
  return barred === undefined ? undefined : `The API key may not ask for the model ${barred}.`;
}

function reserveOf(candidate: Candidate): Reserve {
  const { tokens, amount } = worstOf(candidate);
  return { tokens, amount: amount.toFixed() };
}

function claimOf(row: ClaimRow): Claim {
  const { code, message, param, retryAfterMs, decidedAt, reservedTokens, reservedAmount } = row;
  return {
    refusal:
      code === null
        ? undefined
        : {
            code,
            message: message ?? '',
            param: param ?? undefined,
            retryAfterMs: retryAfterMs ?? undefined,
          },
    reserved: { tokens: reservedTokens, amount: reservedAmount },
    decidedAt,
    isNew: false,
    isClosed: row.isClosed,
  };
}
