import type { ReactNode } from 'react';

/** Where something wide scrolls on a narrow screen, also by the keys of whoever uses no mouse. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // What can be scrolled must be reachable without a mouse (WCAG 2.1.1).
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
