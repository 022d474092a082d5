import { defaultPiiPolicy, needsHash, type PiiPolicy } from '@millrace/pii-policy';
import type { Sealing } from '@millrace/sealing';

/** How the personal data of a request is dealt with. */
export interface Protection {
  readonly policy: PiiPolicy;
  /** Whether it is the policy of those who have set none. */
  readonly isDefault: boolean;
  /** Of hashes: the same values have the same ones until the data key of the tenant is rotated. 32 bytes. Undefined: the policy has no hashes. */
  readonly hashKey: Uint8Array | undefined;
}

export async function protectionOf(policy: PiiPolicy, sealing: Sealing, tenant: string): Promise<Protection> {
  const hashKey = needsHash(policy)
    ? (await sealing.forTenant(tenant)).deriveKey('personal data')
    : undefined;
  return { policy, isDefault: policy === defaultPiiPolicy, hashKey };
}
