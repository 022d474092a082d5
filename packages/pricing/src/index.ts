export { amountOf, chargedOf, zeroAmount, type Charged } from './amount-of.ts';
export { amountDigits, type Price } from './price.ts';
export { priceAt, priceQuestionOf, type AnsweredRequest, type PriceQuestion } from './price-at.ts';
export { watchPrices, type PriceBook, type PricedClosing } from './price-book.ts';
export { toPublished } from './published-price.ts';
