import { anonymize, createAnalyzer, entityTypes, type Analyzer } from '@millrace/pii-detectors/entities';

/** An error may have to speak of these: where a webhook goes, when a key ends. */
const said: ReadonlySet<string> = new Set(['URL', 'DATE_TIME']);
/** Lower than elsewhere: before a value stands what it was taken for, such as "model" or "request". */
const minScore = 0.35;
/** Made for the first error: not every process has one. */
let analyze: Analyzer | undefined;

/**
 * A text of the platform's own, such as the message of an error, with the type in the place of personal data that it repeats: what is
 * told by its form, as an e-mail address or the number of a card.
 */
export function withoutValues(text: string): string {
  analyze ??= createAnalyzer({ types: entityTypes.filter((type) => !said.has(type)), minScore });
  return anonymize(text, analyze(text)).text;
}

/** The same for the path of a URL, in which each part stands for itself. */
export function pathWithoutValues(path: string): string {
  return path
    .split('/')
    .map((part) => {
      const written = decoded(part);
      const safe = withoutValues(written);
      return safe === written ? part : safe;
    })
    .join('/');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    // As it was written: it was encoded by no rule.
    if (error instanceof URIError) return part;
    throw error;
  }
}
