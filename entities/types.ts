import { Type, p } from '@mikro-orm/core';
import { knownCurrency, type Currency } from '../domain/money.ts';

class CurrencyType extends Type<Currency | null, string | null> {
  override convertToJSValue(text: string | null): Currency | null {
    return text === null ? text : knownCurrency(text);
  }

  override getColumnType(): string {
    return 'char(3)';
  }
}

/** The column of an ISO 4217 code. Reading one that this version does not know throws `RangeError`. */
export const currency = () => p.type(CurrencyType).$type<Currency>();

export const createdAt = () => p.datetime().columnType('timestamptz').defaultRaw('now()');

/** Set by the entity manager whenever it changes the row. */
export const updatedAt = () => createdAt().onUpdate(() => new Date());
