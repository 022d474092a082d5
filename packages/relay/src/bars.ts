import { controlKeys, type AccessBarred, type VerifiedPrincipal } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';

/** Who of a principal can be barred. */
export type BarredPrincipal = Pick<
  VerifiedPrincipal,
  'tenant' | 'organisation' | 'user_id' | 'issuer' | 'reach'
>;

/** Users, projects, organisations and identity providers that may not get in for now, pushed by the broker. */
export interface Bars extends Stoppable {
  /** Why a principal may not get in; undefined: it may. */
  why(principal: BarredPrincipal): string | undefined;
  /** Calls the listener with each bar that comes up from now on. */
  onBarred(listener: (bar: AccessBarred) => void): Stoppable;
}

const kinds = [
  'USER',
  'PROJECT',
  'ORGANISATION',
  'ISSUER',
] as const satisfies readonly AccessBarred['kind'][];

const reasons: Readonly<Record<AccessBarred['kind'], string>> = {
  USER: 'The user is disabled.',
  PROJECT: 'The project is suspended.',
  ORGANISATION: 'The organisation is suspended.',
  ISSUER: 'The identity provider is disabled.',
};

function idOf(principal: BarredPrincipal, kind: AccessBarred['kind']): string | null {
  switch (kind) {
    case 'USER':
      return principal.user_id;
    // Who looks after all of the platform can also end the suspension of the own project.
    case 'PROJECT':
      return principal.reach === 'platform' ? null : principal.tenant;
    case 'ORGANISATION':
      return principal.reach === 'platform' ? null : principal.organisation;
    case 'ISSUER':
      return principal.issuer;
  }
}

/** Why a bar keeps a principal out; undefined: it does not. */
export function whyBarred(principal: BarredPrincipal, bar: AccessBarred): string | undefined {
  return idOf(principal, bar.kind) === bar.id ? reasons[bar.kind] : undefined;
}

export async function watchBars({ bus, codec }: Pick<StageDependencies, 'bus' | 'codec'>): Promise<Bars> {
  const barred = new Set<string>();
  const listeners = new Set<(bar: AccessBarred) => void>();
  const watch = await bus.bucket('CONTROL').watch(controlKeys.bars, ({ key, value }) => {
    if (value === undefined) {
      barred.delete(key);
      return;
    }
    barred.add(key);
    const bar = codec.decode('access.barred', value);
    for (const listener of listeners) listener(bar);
  });
  return {
    why(principal) {
      const kind = kinds.find((each) => {
        const id = idOf(principal, each);
        return id !== null && barred.has(controlKeys.bar(each, id));
      });
      return kind === undefined ? undefined : reasons[kind];
    },
    onBarred(listener) {
      listeners.add(listener);
      return {
        async stop() {
          listeners.delete(listener);
        },
      };
    },
    stop: () => watch.stop(),
  };
}
