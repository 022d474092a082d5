import { actionOf, type Direction, type PiiAction, type PiiPolicy } from './pii-policy.ts';
import { labelOf, writePlaceholder } from './placeholder.ts';
import { shapesOf } from './value-place.ts';

/** A piece of personal data in a text. */
export interface Finding {
  readonly type: string;
  /** Offsets in UTF-16 code units; `end` is behind the last one. */
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

/** Finds personal data in a text: in order, without overlaps. */
export type Detect = (text: string) => readonly Finding[];

/** How many different values of a type had something done to them. */
export interface PiiCount {
  readonly type: string;
  readonly action: PiiAction;
  readonly count: number;
}

/** Does to personal data what a policy says. */
export interface Masker {
  /** @throws `TooManyPlaceholders`, `TooMuchGrowth`, `ContentBlocked` */
  mask(text: string): string;
  /** What stands for a value where it stands. @throws as `mask` */
  substitute(finding: Finding, shape: 'bracketed' | 'plain'): string;
  /** Name of a placeholder to the original, for all texts so far. */
  readonly mapping: ReadonlyMap<string, string>;
  counts(): readonly PiiCount[];
}

export interface MaskerOptions {
  readonly policy: PiiPolicy;
  readonly direction: Direction;
  readonly detect: Detect;
  /** Whether a placeholder of this name stands in the texts already: then its number is left out. */
  readonly taken: (name: string) => boolean;
  /** Keyed hash of a value; 12 characters of it are shown. */
  readonly hash: (type: string, value: string) => string;
  /** Most placeholders; by default as many as there are values. */
  readonly most?: number;
  /** Most characters that all replacements together may be longer than what they replace; by default any number. */
  readonly mostGrowth?: number;
  /** Placeholders that stand for values already: name to original. */
  readonly known?: ReadonlyMap<string, string>;
}

/** There are more different values than may be replaced. */
export class TooManyPlaceholders extends Error {}

/** What stands for personal data would make the texts longer than they may get. */
export class TooMuchGrowth extends Error {}

/** The policy lets personal data of this type not through. */
export class ContentBlocked extends Error {
  readonly type: string;

  constructor(type: string) {
    super(`personal data of the type ${type} is blocked`);
    this.type = type;
  }
}

export function createMasker(options: MaskerOptions): Masker {
  const { policy, direction, detect, taken, hash, known = new Map() } = options;
  const { most = Infinity, mostGrowth = Infinity } = options;
  const mapping = new Map(known);
  const names = new Map<string, string>();
  for (const [name, value] of known) names.set(keyOf(name.replace(/_\d+$/, ''), value), name);
  /** What is masked reads as its type: no placeholder may read so as well, or it would be restored. */
  const ownTypes = new Set(policy.patterns.map(({ type }) => type));
  const lastNumber = new Map<string, number>();
  let growth = 0;
  const found = new Map<string, { readonly type: string; readonly action: PiiAction }>();

  const nameFor = (type: string, value: string): string => {
    const label = labelOf(type);
    const key = keyOf(label, value);
    const present = names.get(key);
    if (present !== undefined) return present;
    if (mapping.size >= most) throw new TooManyPlaceholders(`more than ${most} placeholders`);
    let number = lastNumber.get(label) ?? 0;
    let name: string;
    do {
      number += 1;
      name = `${label}_${number}`;
    } while (mapping.has(name) || taken(name) || ownTypes.has(name));
    lastNumber.set(label, number);
    names.set(key, name);
    mapping.set(name, value);
    return name;
  };

  const substitute: Masker['substitute'] = ({ type, value }, shape) => {
    const action = actionOf(policy, type, direction);
    if (action === 'off') return value;
    found.set(keyOf(type, value), { type, action });
    switch (action) {
      case 'report':
        return value;
      case 'mask':
        return writePlaceholder(type, shape);
      case 'hash':
        return writePlaceholder(`${type}_${hash(type, value).slice(0, hashCharacters)}`, shape);
      case 'replace':
        return writePlaceholder(nameFor(type, value), shape);
      case 'block':
        throw new ContentBlocked(type);
    }
  };

  return {
    mapping,
    substitute,
    mask(text) {
      const findings = detect(text);
      if (findings.length === 0) return text;
      const shapeAt = shapesOf(text);
      let result = '';
      let position = 0;
      for (const finding of findings) {
        const replacement = substitute(finding, shapeAt(finding.start, finding.end));
        growth += Math.max(0, replacement.length - (finding.end - finding.start));
        if (growth > mostGrowth) throw new TooMuchGrowth(`more than ${mostGrowth} characters longer`);
        result += text.slice(position, finding.start) + replacement;
        position = finding.end;
      }
      return result + text.slice(position);
    },
    counts() {
      const counts = new Map<string, PiiCount>();
      for (const { type, action } of found.values()) {
        const count = (counts.get(type)?.count ?? 0) + 1;
        counts.set(type, { type, action, count });
      }
      return [...counts.values()].toSorted((a, b) => (a.type < b.type ? -1 : 1));
    },
  };
}

const hashCharacters = 12;

function keyOf(type: string, value: string): string {
  return `${type}:${value}`;
}
