import { MillraceError } from '@millrace/runtime';
import type { Sealing } from '@millrace/sealing';

/** What was sealed, or that it is no longer to be read. */
export type Opened<Content> =
  | { readonly content: Content }
  | { readonly content: null; readonly erased: true };

/** Opens content of an owner. */
export interface Opener {
  json(place: string, sealed: Uint8Array | null): Opened<unknown>;
  text(place: string, sealed: Uint8Array): Opened<string>;
  base64(place: string, sealed: Uint8Array): Opened<string>;
}

/** @throws `decryption_failed` for what was altered */
export async function openerFor(sealing: Sealing, tenant: string, user: string | null): Promise<Opener> {
  const box = await sealing.forUser(tenant, user);
  const open = <Content>(
    place: string,
    sealed: Uint8Array,
    read: (bytes: Buffer) => Content,
  ): Opened<Content> => {
    try {
      return { content: read(Buffer.from(box.open(sealed, place))) };
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'key_erased')
        return { content: null, erased: true };
      throw error;
    }
  };
  return {
    json: (place, sealed) =>
      sealed === null
        ? { content: null }
        : open(place, sealed, (bytes) => JSON.parse(bytes.toString('utf8')) as unknown),
    text: (place, sealed) => open(place, sealed, (bytes) => bytes.toString('utf8')),
    base64: (place, sealed) => open(place, sealed, (bytes) => bytes.toString('base64')),
  };
}
