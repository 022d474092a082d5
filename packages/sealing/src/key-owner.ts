/** Whose data key it is: a tenant's, or that of one of its users. */
export interface KeyOwner {
  readonly tenant: string;
  /** Null: the tenant itself. */
  readonly user: string | null;
}

/** An owner in words, for errors and reports. */
export function describeOwner({ tenant, user }: KeyOwner): string {
  return user === null ? `tenant ${tenant}` : `user ${user} of tenant ${tenant}`;
}
