import { createBodyReader } from '@millrace/endpoints';
import {
  anonymize,
  InvalidPattern,
  presidioNames,
  type AnalysisOptions,
  type Entity,
  type EntityType,
  type Operator,
  type PresidioNames,
} from '@millrace/pii-detectors/entities';
import { AnalyzerBusy, AnalyzerFailed, type AnalyzerPool } from '@millrace/pii-detectors/pool';
import { compileValidator, MillraceError } from '@millrace/runtime';
import { analyzeBodySchema, anonymizeBodySchema } from './pii-schema.ts';

interface AnalyzeBody {
  readonly text: string;
  readonly entities?: readonly EntityType[];
  readonly score_threshold?: number;
  readonly allow_list?: readonly string[];
  readonly ad_hoc_recognizers?: readonly {
    readonly supported_entity: string;
    readonly patterns: readonly { readonly regex: string; readonly score?: number }[];
  }[];
}

interface AnonymizeBody extends AnalyzeBody {
  readonly anonymizers?: Readonly<Record<string, OperatorBody>>;
  readonly analyzer_results?: readonly Result[];
}

interface OperatorBody {
  readonly type: Operator['type'];
  readonly new_value?: string;
  readonly masking_char?: string;
  readonly chars_to_mask?: number;
  readonly from_end?: boolean;
}

interface Result {
  readonly entity_type: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

export interface PiiAnalysis {
  /** @throws `missing_value`, `invalid_value`, `overloaded`, `pii_unavailable`; the reason of the signal */
  analyze(body: unknown, signal: AbortSignal): Promise<readonly Result[]>;
  /** @throws the same */
  anonymize(body: unknown, signal: AbortSignal): Promise<object>;
}

const retryAfterMs = 1_000;

/** The handlers of `POST /v1/pii/…`; compiles their schemas, so do it once. */
export function createPiiAnalysis(pool: Pick<AnalyzerPool, 'analyze'>): PiiAnalysis {
  const readAnalyze = createBodyReader(compileValidator<AnalyzeBody>(analyzeBodySchema));
  const readAnonymize = createBodyReader(compileValidator<AnonymizeBody>(anonymizeBodySchema));

  const find = async (body: AnalyzeBody | AnonymizeBody, signal: AbortSignal): Promise<readonly Entity[]> => {
    const { types, shown } = namesOf(body);
    try {
      return shown(await pool.analyze(body.text, optionsOf(body, types), signal));
    } catch (error) {
      throw toMillraceError(error);
    }
  };

  return {
    async analyze(value, signal) {
      const found = await find(readAnalyze(value), signal);
      return found.map(({ type, start, end, score }) => ({
        entity_type: type,
        start,
        end,
        score: rounded(score),
      }));
    },
    async anonymize(value, signal) {
      const body = readAnonymize(value);
      const { text, anonymizers = {}, analyzer_results: results } = body;
      const entities = results === undefined ? await find(body, signal) : entitiesOf(results, text.length);
      const { text: changed, items } = anonymize(text, entities, (type) =>
        operatorOf(anonymizers[type] ?? anonymizers['DEFAULT']),
      );
      return {
        text: changed,
        items: items.map(({ operator, type, start, end, text: now }) => ({
          operator,
          entity_type: type,
          start,
          end,
          text: now,
        })),
      };
    },
  };
}

function namesOf({
  entities = [],
  anonymizers = {},
  ad_hoc_recognizers: own = [],
}: AnonymizeBody): PresidioNames {
  // An empty list is all, as Presidio reads it, and so that nobody who gives one takes everything for clean.
  return presidioNames(entities.length === 0 ? undefined : entities, [
    ...Object.keys(anonymizers),
    ...own.map(({ supported_entity: type }) => type),
  ]);
}

function optionsOf(
  { score_threshold: minScore, allow_list: allowList, ad_hoc_recognizers: own }: AnalyzeBody,
  types: readonly string[] | undefined,
): AnalysisOptions {
  return {
    ...(types === undefined ? {} : { types }),
    ...(minScore === undefined ? {} : { minScore }),
    ...(allowList === undefined ? {} : { allowList }),
    ownPatterns: (own ?? []).flatMap(({ supported_entity: type, patterns }) =>
      patterns.map(({ regex, score }) => ({
        type,
        pattern: regex,
        ...(score === undefined ? {} : { score }),
      })),
    ),
  };
}

/** @throws `invalid_value` where a result is not in the text, or overlaps with another */
function entitiesOf(results: readonly Result[], length: number): readonly Entity[] {
  const entities = results
    .map(({ entity_type: type, start, end, score }) => ({ type, start, end, score }))
    .toSorted((a, b) => a.start - b.start);
  let last = 0;
  for (const { start, end } of entities) {
    if (start < last || end <= start || end > length)
      throw new MillraceError(
        'invalid_value',
        `analyzer_results has ${start} to ${end}: results must lie within the ${length} characters of text, have a length, and not overlap`,
        { param: 'analyzer_results' },
      );
    last = end;
  }
  return entities;
}

function operatorOf(body: OperatorBody | undefined): Operator {
  if (body === undefined) return { type: 'replace' };
  const {
    type,
    new_value: newValue,
    masking_char: maskingChar,
    chars_to_mask: charsToMask,
    from_end: fromEnd,
  } = body;
  if (type === 'replace') return { type, ...(newValue === undefined ? {} : { newValue }) };
  if (type !== 'mask') return { type };
  return {
    type,
    ...(maskingChar === undefined ? {} : { maskingChar }),
    ...(charsToMask === undefined ? {} : { charsToMask }),
    ...(fromEnd === undefined ? {} : { fromEnd }),
  };
}

function toMillraceError(error: unknown): unknown {
  if (error instanceof InvalidPattern)
    return new MillraceError('invalid_value', error.message, { param: 'ad_hoc_recognizers', cause: error });
  if (error instanceof AnalyzerBusy)
    return new MillraceError(
      'overloaded',
      'As many texts are looked at as can be: try again a little later.',
      { retryAfterMs, cause: error },
    );
  if (error instanceof AnalyzerFailed)
    return new MillraceError('pii_unavailable', 'The text could not be looked at.', {
      retryAfterMs,
      cause: error,
    });
  return error;
}

const rounded = (score: number): number => Math.round(score * 100) / 100;
