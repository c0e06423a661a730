import type { Money } from '../../client/index.ts';
import { parseMoney } from '../shared/format.ts';

/** A field for a sum in one currency. What it holds is a text; `parseMoney` says whether it is a sum. */
export function MoneyField(props: {
  readonly label: string;
  readonly currency: Money['currency'];
  readonly value: string;
  readonly onChange: (text: string) => void;
}) {
  const { label, currency, value, onChange } = props;
  const isSum = value.trim() === '' || parseMoney(value, currency) !== undefined;
  return (
    <label>
      {label} ({currency})
      <input
        inputMode="decimal"
        autoComplete="off"
        value={value}
        aria-invalid={isSum ? undefined : true}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  );
}

/** The sum that was typed, where it is one of more than nothing. */
export function positiveSum(text: string, currency: Money['currency']): Money | undefined {
  const sum = parseMoney(text, currency);
  return sum && sum.amount > 0 ? sum : undefined;
}
