import { defaultPiiPolicy, type PiiPolicy } from '@millrace/pii-policy';
import type { SealingBox } from '@millrace/sealing';

/** How the personal data of a request is dealt with. */
export interface Protection {
  readonly policy: PiiPolicy;
  /** Whether it is the policy of those who have set none. */
  readonly isDefault: boolean;
  /** Of hashes: the same values have the same ones until the data key of the tenant is rotated. 32 bytes. */
  readonly hashKey: Uint8Array;
}

export function protectionOf(policy: PiiPolicy, box: SealingBox): Protection {
  return { policy, isDefault: policy === defaultPiiPolicy, hashKey: box.deriveKey('personal data') };
}
