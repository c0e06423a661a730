import { useEffect, useRef, useState } from 'react';
import type UPlot from 'uplot';
import type { draw as Draw } from './draw.ts';
import { PlotLegend } from './plot-legend.tsx';
import { PlotTable } from './plot-table.tsx';
import { inWords, type Plotted } from './series.ts';
import { usePaint } from './use-paint.ts';

const HEIGHT = 220;
const LEAST_WIDTH = 240;

/** Lines over time, as wide as there is room, in the colours of the page; the same as a table below. */
export function Plot({ name, chart, format }: Plotted) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const paint = usePaint();
  useEffect(() => {
    const here = place.current;
    if (!here) return;
    return drawn(here, (width, draw) => draw(here, { chart, format, paint, width, height: HEIGHT, onCursor: setAt }));
  }, [chart, format, paint]);
  return (
    <figure className="plot">
      <div ref={place} className="canvas" role="img" aria-label={`${name}: ${inWords(chart, format)}`} />
      <PlotLegend chart={chart} at={at} format={format} />
      <PlotTable name={name} chart={chart} format={format} />
    </figure>
  );
}

/** Draws once the library is there, and again at another width. The returned function takes it away. */
function drawn(here: HTMLElement, make: (width: number, draw: typeof Draw) => UPlot): () => void {
  let left = false;
  let plot: UPlot | undefined;
  const width = (): number => Math.max(LEAST_WIDTH, here.clientWidth);
  const resized = new ResizeObserver(() => plot?.setSize({ width: width(), height: HEIGHT }));
  const start = async (): Promise<void> => {
    const { draw } = await import('./draw.ts');
    if (left) return;
    plot = make(width(), draw);
    resized.observe(here);
  };
  // Without the library the table below says the same.
  start().catch(() => undefined);
  return () => {
    left = true;
    resized.disconnect();
    plot?.destroy();
  };
}
