import type { Entity } from './entity.ts';

/** What is looked for, and how it is shown, where types are named as Presidio names them. */
export interface PresidioNames {
  /** To look for; undefined: all. */
  readonly types: readonly string[] | undefined;
  /** What was found, as it is shown. */
  readonly shown: (found: readonly Entity[]) => readonly Entity[];
}

const address = 'STREET_ADDRESS';
const place = 'LOCATION';

/**
 * Presidio has no type for the address of a street: whoever asks for places gets addresses with them, and they are shown as places, but to whoever
 * names them.
 *
 * @param types that are asked for; undefined: all
 * @param named other types that the question names, such as those that something is done to
 */
export function presidioNames(
  types: readonly string[] | undefined,
  named: readonly string[] = [],
): PresidioNames {
  const isNamed = [...(types ?? []), ...named].includes(address);
  const isAsked = types?.includes(place) === true && !types.includes(address);
  return {
    types: isAsked ? [...types, address] : types,
    shown: (found) =>
      isNamed
        ? found
        : found.map((entity) => (entity.type === address ? { ...entity, type: place } : entity)),
  };
}
