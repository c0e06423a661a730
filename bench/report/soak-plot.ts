import { draw } from './plots.ts';
import type { Quantiles } from './statistics.ts';

/** One interval of a soak. */
export interface SoakMinute {
  readonly minute: number;
  readonly ended: number;
  readonly whole: Quantiles;
  /** Mebibytes by process. */
  readonly memory: Readonly<Record<string, number>>;
}

/** Latency and memory over the minutes of a soak: both should be flat. */
export function drawSoak(minutes: readonly SoakMinute[]): void {
  const names = Object.keys(minutes[0]?.memory ?? {});
  draw('soak', {
    title: { text: 'Soak: whole order and memory, minute by minute' },
    legend: { top: 30 },
    grid: { top: 70 },
    xAxis: { type: 'category', data: minutes.map(({ minute }) => String(minute)) },
    yAxis: [
      { type: 'value', name: 'ms' },
      { type: 'value', name: 'MiB' },
    ],
    series: [
      ...(['p50', 'p95'] as const).map((share) => ({
        name: `${share}, ms`,
        type: 'line',
        data: minutes.map(({ whole }) => Math.round(whole[share])),
      })),
      ...names.map((name) => ({
        name: `${name}, MiB`,
        type: 'line',
        yAxisIndex: 1,
        lineStyle: { type: 'dashed' },
        data: minutes.map(({ memory }) => memory[name] ?? 0),
      })),
    ],
  });
}
