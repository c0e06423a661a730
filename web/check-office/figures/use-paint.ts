import { useEffect, useState } from 'react';

/** The page's colours, as a canvas needs them. */
export interface Paint {
  readonly lines: readonly string[];
  readonly text: string;
  readonly grid: string;
}

/** The colours of the page now; another object after the browser has changed between light and dark. */
export function usePaint(): Paint {
  const [paint, setPaint] = useState(paintNow);
  useEffect(() => {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const repaint = (): void => setPaint(paintNow());
    dark.addEventListener('change', repaint);
    return () => dark.removeEventListener('change', repaint);
  }, []);
  return paint;
}

function paintNow(): Paint {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return { lines: [colour('--good'), colour('--wait')], text: colour('--quiet'), grid: colour('--line') };
}
