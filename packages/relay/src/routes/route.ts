import type { Operation } from '@millrace/stage';

/** A name that clients ask for as a model, behind which there are several. */
export interface Route {
  readonly name: string;
  /** One of these, by weight. */
  readonly targets?: readonly WeightedTarget[];
  /** The first of these that fits. */
  readonly rules?: readonly RouteRule[];
  /** Models that take a request over, in this order, where the one before them cannot answer it. */
  readonly fallbacks?: readonly string[];
}

export interface WeightedTarget {
  readonly model: string;
  /** Share of the requests, relative to the others; 1 by default. */
  readonly weight?: number;
}

export interface RouteRule {
  readonly model: string;
  /** What has to be true of a request, all of it; by default nothing. */
  readonly when?: RouteCondition;
}

export interface RouteCondition {
  readonly operations?: readonly Operation[];
  /** Of the content, in UTF-16 code units. */
  readonly minCharacters?: number;
  readonly maxCharacters?: number;
  /** Most that the request may cost with this model: a decimal string in the currency of its price. */
  readonly maxCost?: string;
}

export interface RoutesFile {
  readonly routes: readonly Route[];
}
