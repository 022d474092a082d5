/** A terminal, or whatever else the standard output is. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Shows an answer as it grows, and in between, each on a line of its own, what happens to the processes. */
export interface Presenter {
  text(piece: string): void;
  killed(what: string): void;
  back(what: string): void;
  client(what: string): void;
  heading(what: string): void;
  proof(isTrue: boolean, what: string): void;
}

const codes = { bold: 1, red: 31, green: 32, yellow: 33, cyan: 36, dim: 2 } as const;

/** Without a terminal there are no colours. */
export function createPresenter(screen: Screen): Presenter {
  let isLineBegun = false;
  const style = (name: keyof typeof codes, text: string): string =>
    screen.isTTY === true ? `\u001B[${codes[name]}m${text}\u001B[0m` : text;
  const line = (text: string): void => {
    screen.write(`${isLineBegun ? '\n' : ''}${text}\n`);
    isLineBegun = false;
  };
  return {
    text(piece) {
      if (piece === '') return;
      screen.write(piece);
      isLineBegun = !piece.endsWith('\n');
    },
    killed: (what) => line(`  ${style('red', '✗')} ${what}`),
    back: (what) => line(`  ${style('green', '✓')} ${what}`),
    client: (what) => line(`  ${style('yellow', '↻')} ${style('dim', what)}`),
    heading: (what) => line(`\n${style('bold', what)}`),
    proof: (isTrue, what) => line(`  ${isTrue ? style('green', '✓') : style('red', '✗ NOT TRUE:')} ${what}`),
  };
}
