import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Chart } from './series.ts';
import type { Paint } from './use-paint.ts';

interface Drawing {
  readonly chart: Chart;
  readonly format: (value: number) => string;
  readonly paint: Paint;
  readonly width: number;
  readonly height: number;
  /** Which bucket the pointer is at; `null` when it is at none. */
  readonly onCursor: (index: number | null) => void;
}

/** Draws a chart into an element. Lines differ by colour and by dashes. Loaded when the first plot is shown. */
export function draw(place: HTMLElement, { chart, format, paint, width, height, onCursor }: Drawing): UPlot {
  const axis = { stroke: paint.text, grid: { stroke: paint.grid, width: 1 }, ticks: { stroke: paint.grid, width: 1 } };
  const options: UPlot.Options = {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    series: [
      {},
      ...chart.lines.map(({ label }, index) => ({
        label,
        stroke: paint.lines[index],
        width: 2,
        ...(index > 0 && { dash: [6, 4] }),
        points: { show: false },
      })),
    ],
    axes: [
      { ...axis, values: (_plot, at) => at.map((seconds) => formatAt(seconds, chart)) },
      { ...axis, size: 72, values: (_plot, values) => values.map(format) },
    ],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  };
  return new UPlot(options, dataOf(chart), place);
}

/** A chart as the library takes it. */
export function dataOf({ times, lines }: Chart): UPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])];
}

const DAY_SECONDS = 86_400;

/** Of a day the time, of more the day; both in the browser's language and zone. */
function formatAt(seconds: number, { times }: Chart): string {
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const style: Intl.DateTimeFormatOptions =
    span > 2 * DAY_SECONDS ? { month: 'short', day: 'numeric' } : { hour: 'numeric', minute: '2-digit' };
  return new Intl.DateTimeFormat(undefined, style).format(seconds * 1000);
}
