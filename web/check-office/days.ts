/** The moment at which a day of the browser's calendar begins (`2026-11-29`), or one so many days later; `undefined` for no such day. */
export function momentOf(day: string, plusDays = 0): string | undefined {
  const [, year, month, date] = /^(\d{4,6})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  if (year === undefined) return undefined;
  const start = new Date(Number(year), Number(month) - 1, Number(date) + plusDays);
  return Number.isNaN(start.getTime()) ? undefined : start.toISOString();
}
