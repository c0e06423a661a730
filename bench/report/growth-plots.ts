import type { GrowthRun } from './growth-tables.ts';
import { draw } from './plots.ts';

/** The growth curves that were measured. */
export function drawGrowth({ finished, waiting }: GrowthRun): void {
  if (finished) {
    drawCurve(
      'finished-orders',
      'finished orders in the database',
      finished.map(({ finished: count }) => count),
      {
        'orders/s': finished.map(({ service }) => service.ordersPerSecond),
        'skeleton, orders/s': finished.map(({ skeleton }) => skeleton.ordersPerSecond),
      },
    );
  }
  if (waiting) {
    drawCurve(
      'waiting-orders',
      'orders waiting for delivery',
      waiting.steps.map(({ waiting: count }) => count),
      {
        'orders/s': waiting.steps.map(({ service }) => service.ordersPerSecond),
        'worker, 100 MiB': waiting.steps.map(({ workerBytes }) => workerBytes / 2 ** 20 / 100),
      },
    );
  }
}

function drawCurve(name: string, what: string, places: readonly number[], series: Record<string, number[]>): void {
  draw(name, {
    title: { text: `With ${what}` },
    legend: { top: 30 },
    grid: { top: 70 },
    xAxis: { type: 'category', data: places.map((place) => place.toLocaleString('en')) },
    yAxis: { type: 'value' },
    series: Object.entries(series).map(([title, values]) => ({
      name: title,
      type: 'line',
      data: values.map((value) => Number(value.toFixed(2))),
    })),
  });
}
