const units: readonly (readonly [unit: string, bytes: number])[] = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
  ['B', 1],
  ['', 1],
];

/** Bytes of `1000`, `64KiB`, `1.5MiB` or `4GB`; undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]*)$/i.exec(text.trim());
  const unit = match?.[2]?.toLowerCase();
  const bytes = units.find(([name]) => name.toLowerCase() === unit)?.[1];
  return match === null || bytes === undefined ? undefined : Math.round(Number(match[1]) * bytes);
}

/** In the largest binary unit that leaves no more than one decimal: `512MiB`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = units.slice(0, 3).find(([, each]) => bytes >= each) ?? ['B', 1];
  return `${Number((bytes / size).toFixed(1))}${unit}`;
}
