import type { Clock } from '@millrace/runtime';

/** What organisations and tenants are changed in; what is left out stays. */
export interface NamedChanges {
  readonly name?: string;
  /** While it is, none of its requests is admitted. */
  readonly suspended?: boolean;
}

/** The columns that are other than before. */
export function changedColumns(
  { name, suspended }: NamedChanges,
  clock: Clock,
): { readonly name?: string; readonly suspendedAt?: Date | null } {
  return {
    ...(name === undefined ? {} : { name }),
    ...(suspended === undefined ? {} : { suspendedAt: suspended ? new Date(clock.now()) : null }),
  };
}
