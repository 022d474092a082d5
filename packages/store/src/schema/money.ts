import { numeric } from '../drizzle/pg-core.ts';

/** Digits of money: ten before the point and ten behind it. */
export const money = (name: string) => numeric(name, { precision: 20, scale: 10 });
