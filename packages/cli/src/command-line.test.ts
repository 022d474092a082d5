import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

describe('parseCommandLine', () => {
  it.each([
    ['', { kind: 'help' }],
    ['--help', { kind: 'help' }],
    ['models -h', { kind: 'help' }],
    ['models convert --help', { kind: 'help' }],
    ['models list --json', { kind: 'list' }],
    ['models inspect a.gguf', { kind: 'inspect', model: 'a.gguf' }],
    [
      'models convert a.gguf --to out',
      { kind: 'convert', model: 'a.gguf', to: 'out', mode: 'exact', cacheType: 'float32', report: false },
    ],
    [
      'models convert --to out --fp32 --half-cache --report a:b',
      { kind: 'convert', model: 'a:b', to: 'out', mode: 'fp32', cacheType: 'float16', report: true },
    ],
    ['quota rebuild', { kind: 'quota-rebuild', dryRun: false, wait: false }],
    ['quota rebuild --dry-run --wait --json', { kind: 'quota-rebuild', dryRun: true, wait: true }],
    ['models verify a', { kind: 'verify', model: 'a', quality: false }],
    [
      'models verify out --quality --source a.gguf',
      { kind: 'verify', model: 'out', quality: true, source: 'a.gguf' },
    ],
  ])('reads %j', (line, command) => {
    expect(parseCommandLine(line.split(' ').filter(Boolean))).toEqual(command);
  });

  it.each([
    ['weights list', 'There is no command weights; models, quota, audit and explain are. See --help.'],
    ['models', 'models needs one of list, inspect, convert, verify. See --help.'],
    ['quota', 'quota needs rebuild. See --help.'],
    ['quota rebuild acme', 'quota rebuild takes no arguments. See --help.'],
    ['models show', 'models needs one of list, inspect, convert, verify. See --help.'],
    ['models list smollm2', 'models list takes no model. See --help.'],
    ['models inspect', 'models inspect takes one model. See --help.'],
    ['models inspect a b', 'models inspect takes one model. See --help.'],
    ['models convert a.gguf', 'models convert needs --to DIR. See --help.'],
    ['models list --report', "Unknown option '--report'. See --help."],
    ['models verify out --source a.gguf', '--source goes with --quality. See --help.'],
  ])('refuses %j and says what would be right', (line, message) => {
    expect(() => parseCommandLine(line.split(' '))).toThrow(
      expect.objectContaining({ code: 'config_invalid', message }),
    );
  });
});
