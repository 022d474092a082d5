import { expect, it } from 'vitest';
import { createReporter, formatBar, formatBytes } from './progress.mjs';

function reporter(isTTY) {
  const written = [];
  let nowMs = 0;
  const stream = { isTTY, columns: 80, write: (text) => written.push(text) };
  return {
    ...createReporter({ stream, nowMs: () => nowMs }),
    text: () => written.join(''),
    pass: (ms) => (nowMs += ms),
  };
}

it('is one line for each step where there is no terminal', () => {
  const shown = reporter(false);
  const fetching = shown.step('model');
  fetching.update({ done: 50, total: 100 });
  shown.pass(2_000);
  fetching.update({ done: 100, total: 100 });
  fetching.finish('92.9 MB');
  shown.step('conversion').abandon();
  expect(shown.text()).toBe('model … 92.9 MB in 2.0 s\nconversion … failed\n');
});

it('is a bar that redraws itself on a terminal', () => {
  const terminal = reporter(true);
  const fetching = terminal.step('model');
  fetching.update({ done: 0, total: 100_000_000 });
  terminal.pass(1_000);
  fetching.update({ done: 50_000_000, total: 100_000_000 });
  fetching.note('the connection broke, trying again');
  fetching.finish();
  const shown = terminal.text();
  expect(shown).toContain('50%  50.0 MB of 100.0 MB  50.0 MB/s');
  expect(shown).toContain('model: the connection broke, trying again\n');
  expect(shown.endsWith('model: done in 1.0 s\n')).toBe(true);
});

it('is full at the end and never more than full', () => {
  const bar = { title: 'packages', total: 193, unit: 'packages', elapsedMs: 1 };
  expect(formatBar({ ...bar, done: 193 })).toBe(`packages ${'█'.repeat(24)} 100%  193/193 packages`);
  expect(formatBar({ ...bar, done: 200 })).toContain(' 100%');
  expect([999, 1_500, 92_876_000].map(formatBytes)).toEqual(['999 B', '1.5 kB', '92.9 MB']);
});
