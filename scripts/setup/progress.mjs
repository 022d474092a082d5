const barWidth = 24;
const redrawMs = 100;

/** Bytes as a person reads them, in powers of ten as package indexes print them. */
export function formatBytes(bytes) {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  if (bytes >= 1e3) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${bytes} B`;
}

/** One line of a progress bar. `unit` is `bytes` (amounts and a rate are shown) or a plural noun. */
export function formatBar({ title, done, total, unit, elapsedMs, doneAtStart = 0 }) {
  const fraction = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(fraction * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
  if (unit === 'percent') return `${title} ${bar} ${percent}`;
  if (unit !== 'bytes') return `${title} ${bar} ${percent}  ${done}/${total} ${unit}`;
  const rate = elapsedMs > 0 ? ((done - doneAtStart) / elapsedMs) * 1000 : 0;
  return `${title} ${bar} ${percent}  ${formatBytes(done)} of ${formatBytes(total)}  ${formatBytes(Math.max(0, Math.round(rate)))}/s`;
}

/**
 * Reports long steps: a bar that redraws itself on a terminal, one line for each step elsewhere.
 *
 * @param {{ stream?: NodeJS.WriteStream, nowMs?: () => number }} [options]
 */
export function createReporter({ stream = process.stderr, nowMs = Date.now } = {}) {
  const terminal = stream.isTTY === true;
  const clear = () => terminal && stream.write('\r\u001b[K');

  return {
    line: (text) => stream.write(`${text}\n`),

    /** Begins a step; exactly one of `finish` and `abandon` ends it. */
    step(title) {
      const startedAtMs = nowMs();
      let drawnAtMs = 0;
      let transferStart;
      let open = true;
      if (terminal) stream.write(`${title} …`);
      else stream.write(`${title} … `);

      const end = (text) => {
        if (!open) return;
        open = false;
        clear();
        stream.write(terminal ? `${title}: ${text}\n` : `${text}\n`);
      };
      return {
        update({ done, total, unit = 'bytes' }) {
          const now = nowMs();
          if (transferStart === undefined) transferStart = { atMs: now, done };
          if (!terminal || !open || (now - drawnAtMs < redrawMs && done < total)) return;
          drawnAtMs = now;
          const bar = {
            title,
            done,
            total,
            unit,
            elapsedMs: now - transferStart.atMs,
            doneAtStart: transferStart.done,
          };
          const columns = stream.columns ?? 80;
          stream.write(`\r\u001b[K${formatBar(bar).slice(0, columns - 1)}`);
        },
        /** A remark in the middle of the step, on a terminal on a line of its own. */
        note(text) {
          if (!open) return;
          clear();
          stream.write(terminal ? `${title}: ${text}\n` : `${text} … `);
        },
        finish: (text = 'done') => end(`${text} in ${((nowMs() - startedAtMs) / 1000).toFixed(1)} s`),
        abandon: () => end('failed'),
      };
    },
  };
}
