import { describe, expect, it } from 'vitest';
import type { RequestContent } from '@millrace/stage';
import { constraintsOf } from './constrain.ts';

const content = (changes: Partial<RequestContent>): RequestContent => ({
  messages: [],
  stop: [],
  ...changes,
});
const tools = [{ type: 'function', function: { name: 'weather' } }] as const;

describe('constraintsOf', () => {
  it('lets free text through, with tools that must not be called', () => {
    expect(constraintsOf(content({}))).toEqual({});
    expect(constraintsOf(content({ tools, tool_choice: 'none' }))).toEqual({ tools, toolChoice: 'none' });
  });

  it.each([
    ['response_format', { response_format: { type: 'json_object' } }],
    ['response_format', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } }],
    ['tools', { tools }],
    ['tools', { tools, tool_choice: 'required' }],
  ] as const)('refuses %s of %j by its name', (param, changes) => {
    expect(() => constraintsOf(content(changes))).toThrow(
      expect.objectContaining({ code: 'unsupported_value', param, retryable: false }),
    );
  });
});
