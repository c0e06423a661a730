import type { ReactNode } from 'react';

/** The button of one act: while it is under way it says so, and a second click does nothing. */
export function ActButton(props: {
  readonly busy: boolean;
  readonly children: ReactNode;
  /** Absent: it submits the form that it stands in. */
  readonly onClick?: () => void;
  /** Another act of the same kind is under way, or something is missing. */
  readonly disabled?: boolean;
  readonly className?: string;
}) {
  const { busy, children, onClick, disabled = false, className } = props;
  return (
    <button
      type={onClick ? 'button' : 'submit'}
      className={className}
      aria-busy={busy}
      disabled={busy || disabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
