import { detectorOf } from './detector-of.ts';
import { createMasker, type Masker, type MaskerOptions } from './masker.ts';
import { defaultPiiPolicy, type PiiPolicy } from './pii-policy.ts';

/** A masker with the default policy, or another, and a hash that can be told. */
export function maskerWith(policy: Partial<PiiPolicy>, options: Partial<MaskerOptions> = {}): Masker {
  return createMasker({
    policy: { ...defaultPiiPolicy, ...policy },
    direction: 'input',
    detect: detectorOf({ ...defaultPiiPolicy, ...policy }, options.direction ?? 'input'),
    taken: () => false,
    hash: (_type, value) => Buffer.from(value).toString('hex').padEnd(12, '0'),
    ...options,
  });
}
