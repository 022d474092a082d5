/** Begins a step that takes a while. The function that it returns is called with the share that is done, 0 to 1. */
export type StartProgress = (title: string) => (share: number) => void;

/**
 * @param write undefined for silence
 * @param isTerminal whether a line can be rewritten; otherwise there is a line for each tenth
 */
export function createProgress(
  write: ((text: string) => void) | undefined,
  isTerminal: boolean,
): StartProgress {
  const stepPercent = isTerminal ? 1 : 10;
  return (title) => {
    let reported = -1;
    return (share) => {
      const percent = Math.floor((share * 100) / stepPercent) * stepPercent;
      if (percent <= reported) return;
      reported = percent;
      const end = isTerminal && percent < 100 ? '' : '\n';
      write?.(`${isTerminal ? '\r' : ''}${title}: ${percent} %${end}`);
    };
  };
}
