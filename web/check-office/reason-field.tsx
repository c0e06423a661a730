/** What a decision says of itself unless whoever takes it says it better. */
export const USUAL_REASON = 'Handled by the check office';

/** Why something is done: it goes on record with it, for operators to read. */
export function ReasonField(props: { readonly value: string; readonly onChange: (reason: string) => void }) {
  const { value, onChange } = props;
  return (
    <label className="reason">
      Reason
      <input value={value} maxLength={500} required onChange={({ target }) => onChange(target.value)} />
    </label>
  );
}
