const clause = String.raw`(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\}|\w+(?:\s*,\s*\{[^}]*\})?)\s*from\s*`;
const patterns = [
  new RegExp(String.raw`^(?:import|export)\s+${clause}['"]([^'"]+)['"]`, 'gmu'),
  /^import\s*['"]([^'"]+)['"]/gmu,
  /\bimport\(\s*['"]([^'"]+)['"]\s*\)/gu,
];

/**
 * What a TypeScript file imports and re-exports from, in any form. Relies on the formatter: statements begin a line.
 *
 * @param {string} source
 * @returns {string[]}
 */
export function importSpecifiers(source) {
  return patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, specifier]) => specifier));
}
