const unitsMs = new Map([
  ['', 1],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Milliseconds of `500`, `500ms`, `1.5s`, `5m`, `2h` or `7d`; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]*)$/.exec(text.trim());
  const unitMs = unitsMs.get(match?.[2] ?? '');
  if (match === null || unitMs === undefined) return undefined;
  return Number(match[1]) * unitMs;
}

/** The same in the largest unit of which it is a whole number: `5m` of 300000. */
export function formatDuration(durationMs: number): string {
  const fitting = [...unitsMs].filter(
    ([unit, unitMs]) => unit !== '' && durationMs >= unitMs && durationMs % unitMs === 0,
  );
  const [unit, unitMs] = fitting.at(-1) ?? ['ms', 1];
  return `${durationMs / unitMs}${unit}`;
}
