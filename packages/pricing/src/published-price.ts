import type { PublishedPrice } from '@millrace/contracts';
import type { Price } from './price.ts';

/** A price as it is published. */
export function toPublished({ model: _model, ...price }: Price): PublishedPrice {
  return {
    version: price.version,
    model_version: price.modelVersion,
    currency: price.currency,
    input_per_million: price.inputPerMillion,
    cached_input_per_million: price.cachedInputPerMillion,
    output_per_million: price.outputPerMillion,
    characters_in_per_million: price.charactersInPerMillion,
    characters_out_per_million: price.charactersOutPerMillion,
    per_request: price.perRequest,
    per_second: price.perSecond,
    cached_answer: price.cachedAnswer,
    valid_from: price.validFrom,
    valid_until: price.validUntil,
  };
}

/** The inverse of `toPublished`. */
export function ofPublished(model: string, price: PublishedPrice): Price {
  return {
    model,
    version: price.version,
    modelVersion: price.model_version,
    currency: price.currency,
    inputPerMillion: price.input_per_million,
    cachedInputPerMillion: price.cached_input_per_million,
    outputPerMillion: price.output_per_million,
    charactersInPerMillion: price.characters_in_per_million,
    charactersOutPerMillion: price.characters_out_per_million,
    perRequest: price.per_request,
    perSecond: price.per_second,
    cachedAnswer: price.cached_answer,
    validFrom: price.valid_from,
    validUntil: price.valid_until,
  };
}
