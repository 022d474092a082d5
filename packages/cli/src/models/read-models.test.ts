import { describe, expect, it } from 'vitest';
import { readModelsCommand } from './read-models.ts';

describe('models', () => {
  it.each([
    ['list --json', { kind: 'list' }],
    ['inspect a.gguf', { kind: 'inspect', model: 'a.gguf' }],
    [
      'convert a.gguf --to out',
      { kind: 'convert', model: 'a.gguf', to: 'out', mode: 'exact', cacheType: 'float32', report: false },
    ],
    [
      'convert --to out --fp32 --half-cache --report a:b',
      { kind: 'convert', model: 'a:b', to: 'out', mode: 'fp32', cacheType: 'float16', report: true },
    ],
    ['verify a', { kind: 'verify', model: 'a', quality: false }],
    [
      'verify out --quality --source a.gguf',
      { kind: 'verify', model: 'out', quality: true, source: 'a.gguf' },
    ],
  ])('reads %j', (line, command) => {
    expect(readModelsCommand(line.split(' '))).toEqual(command);
  });

  it.each([
    ['', 'models needs one of list, inspect, convert, verify. See --help.'],
    ['show', 'models needs one of list, inspect, convert, verify. See --help.'],
    ['list smollm2', 'models list takes no model. See --help.'],
    ['inspect', 'models inspect takes one model. See --help.'],
    ['inspect a b', 'models inspect takes one model. See --help.'],
    ['convert a.gguf', 'models convert needs --to DIR. See --help.'],
    ['list --report', "Unknown option '--report'. See --help."],
    ['verify out --source a.gguf', '--source goes with --quality. See --help.'],
  ])('refuses %j and says what would be right', (line, message) => {
    expect(() => readModelsCommand(line.split(' ').filter(Boolean))).toThrow(
      expect.objectContaining({ code: 'config_invalid', message }),
    );
  });
});
