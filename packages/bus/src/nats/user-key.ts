import { nkeys } from 'nats';

/** A key pair of a user of NATS. The server has the public key alone. */
export interface NatsUserKey {
  /** `U…` */
  readonly publicKey: string;
  /** `SU…`: what the client signs with. A secret. */
  readonly seed: string;
}

export function createNatsUserKey(): NatsUserKey {
  const pair = nkeys.createUser();
  return { publicKey: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}
