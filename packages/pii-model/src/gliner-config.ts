import { MillraceError } from '@millrace/runtime';

/** What of `gliner_config.json` matters here. */
export interface GlinerConfig {
  /** Words of the longest span. */
  readonly maxWidth: number;
  /** Words of the longest text. */
  readonly maxWords: number;
  readonly isTokenLevel: boolean;
  readonly entToken: string;
  readonly sepToken: string;
}

/** @throws MillraceError `model_invalid` */
export function readGlinerConfig(value: Readonly<Record<string, unknown>>, file: string): GlinerConfig {
  const count = (name: string, otherwise: number): number => {
    const found = value[name] ?? otherwise;
    if (typeof found === 'number' && Number.isInteger(found) && found > 0) return found;
    throw new MillraceError(
      'model_invalid',
      `${file} has ${name} ${JSON.stringify(found)}: it must be a whole number above 0.`,
    );
  };
  const text = (name: string, otherwise: string): string => {
    const found = value[name] ?? otherwise;
    if (typeof found === 'string') return found;
    throw new MillraceError(
      'model_invalid',
      `${file} has ${name} ${JSON.stringify(found)}: it must be a text.`,
    );
  };
  if (value['precomputed_prompts_mode'] === true)
    throw new MillraceError(
      'model_invalid',
      `${file} has precomputed_prompts_mode: its labels must be free.`,
    );
  const spanMode = text('span_mode', 'markerV0');
  return {
    maxWidth: count('max_width', 12),
    maxWords: count('max_len', 384),
    isTokenLevel: spanMode === 'token_level' || spanMode === 'token-level',
    entToken: text('ent_token', '<<ENT>>'),
    sepToken: text('sep_token', '<<SEP>>'),
  };
}
