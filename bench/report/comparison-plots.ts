import type { Measurement } from '../load/measure.ts';
import type { SubjectName } from '../load/subject.ts';
import { draw } from './plots.ts';
import { find } from './summary.ts';

const PROCESSES = ['temporal', 'postgres', 'worker', 'api', 'client'] as const;

/** Orders a second by clients, and the processor time of an order by process. */
export function drawComparison(summary: readonly Measurement[]): void {
  const subjects = [...new Set(summary.map(({ subject }) => subject))];
  const clients = [...new Set(summary.map((row) => row.clients))];
  drawRates(summary, subjects, clients);
  drawProcessorTime(summary, subjects, clients.includes(16) ? 16 : (clients[0] ?? 1));
}

function drawRates(
  summary: readonly Measurement[],
  subjects: readonly SubjectName[],
  clients: readonly number[],
): void {
  draw('orders-per-second', {
    title: { text: 'Orders a second, by clients' },
    legend: { top: 30 },
    grid: { top: 70 },
    xAxis: { type: 'category', name: 'clients', data: clients.map(String) },
    yAxis: { type: 'value', name: 'orders/s' },
    series: subjects.map((subject) => ({
      name: subject,
      type: 'bar',
      label: { show: true, position: 'top' },
      data: clients.map((count) => Number((find(summary, subject, count)?.ordersPerSecond ?? 0).toFixed(1))),
    })),
  });
}

function drawProcessorTime(summary: readonly Measurement[], subjects: readonly SubjectName[], clients: number): void {
  draw('processor-time', {
    title: { text: `Processor time of an order, ${clients} clients` },
    legend: { top: 30 },
    grid: { top: 70, left: 90 },
    xAxis: { type: 'value', name: 'ms' },
    yAxis: { type: 'category', data: [...subjects] },
    series: PROCESSES.map((process) => ({
      name: process,
      type: 'bar',
      stack: 'all',
      data: subjects.map((subject) =>
        Number(((find(summary, subject, clients)?.cpuSeconds[process] ?? 0) * 1000).toFixed(1)),
      ),
    })),
  });
}
