export { carryOutReplays, type ReplayDependencies } from './carry-out.ts';
export { countLetters, type LetterCount } from './count-letters.ts';
export { discardLetter, orderReplay, type ReplayOrder } from './decide.ts';
export { discardUnkept } from './discard-unkept.ts';
export { keepLetters } from './keep-letter.ts';
export {
  findLetter,
  forgetLetters,
  letterStatuses,
  listLetters,
  placeOfLetter,
  showLetter,
  type LetterFilter,
  type LetterStatus,
  type ShownLetter,
} from './letters.ts';
export { showContent, type ShownContent } from './show-content.ts';
