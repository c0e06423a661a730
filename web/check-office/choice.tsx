import { formatWord } from '../shared/format.ts';

/** A choice between words of the API; the empty one stands for all. */
export function Choice<Word extends string>(props: {
  readonly label: string;
  readonly value: Word;
  readonly options: readonly Word[];
  readonly onChange: (word: Word) => void;
  readonly name?: string;
}) {
  const { label, value, options, onChange, name } = props;
  return (
    <label>
      {label}
      <select
        name={name}
        value={value}
        onChange={({ target }) => onChange(options.find((option) => option === target.value) ?? value)}
      >
        {options.map((option) => (
          <option key={option} value={option}>
            {option === '' ? 'All' : formatWord(option)}
          </option>
        ))}
      </select>
    </label>
  );
}
