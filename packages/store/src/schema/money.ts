import { numeric } from 'drizzle-orm/pg-core';

/** Digits of money: ten before the point and ten behind it. */
export const money = (name: string) => numeric(name, { precision: 20, scale: 10 });
