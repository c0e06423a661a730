import { useId, type ReactNode } from 'react';

/** What a control needs to be told apart: its id, and what describes it. */
interface Wiring {
  readonly id: string;
  readonly required?: boolean;
  readonly 'aria-invalid'?: true;
  readonly 'aria-describedby'?: string;
}

/** A labelled control with its hint, with what to know of the choice that was made, and with what is wrong with it. */
export function Field(props: {
  readonly label: string;
  readonly required?: boolean;
  readonly hint?: ReactNode;
  readonly advice?: string;
  readonly fault?: string;
  readonly className?: string;
  readonly children: (wiring: Wiring) => ReactNode;
}) {
  const { label, required = false, hint, advice, fault, className = '', children } = props;
  const id = useId();
  const descriptions = Object.entries({ hint, advice, fault }).flatMap(([part, text]) =>
    text === undefined ? [] : [`${id}-${part}`],
  );
  return (
    <div className={`field ${className}`}>
      <span className="label">
        <label htmlFor={id}>{label}</label>
        {required && (
          <span className="star" aria-hidden="true">
            *
          </span>
        )}
        {hint !== undefined && (
          <small id={`${id}-hint`} className="hint">
            {hint}
          </small>
        )}
      </span>
      {children({
        id,
        ...(required && { required }),
        ...(fault !== undefined && { 'aria-invalid': true }),
        ...(descriptions.length > 0 && { 'aria-describedby': descriptions.join(' ') }),
      })}
      {advice !== undefined && (
        <small id={`${id}-advice`} className="beneath hint">
          {advice}
        </small>
      )}
      {fault !== undefined && (
        <small id={`${id}-fault`} className="fault">
          {label} {fault}
        </small>
      )}
    </div>
  );
}
