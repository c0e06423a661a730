import { useRef, type FocusEvent, type ReactNode } from 'react';

/**
 * Keeps the focus here when what had it is gone or disabled, such as a button whose act is done: whoever works by the keyboard goes on
 * from the same place, not from the top of the page.
 */
export function KeepFocus({ children }: { readonly children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const lost = ({ target, relatedTarget }: FocusEvent<HTMLElement>): void => {
    if (relatedTarget !== null) return;
    // Whether it was taken away, and has not only been left, is plain once the page is drawn again.
    requestAnimationFrame(() => {
      const isTaken = !target.isConnected || target.matches(':disabled');
      if (isTaken && document.activeElement === document.body) place.current?.focus({ preventScroll: true });
    });
  };
  return (
    <div ref={place} tabIndex={-1} className="keeps-focus" onBlur={lost}>
      {children}
    </div>
  );
}
