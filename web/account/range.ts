/** Days as an input of type date has them, by the browser's calendar: `2026-11-29`. */

/** Today, or the day of another moment. */
export function today(now = new Date()): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** The day so many days before today. */
export function daysBefore(days: number, now = new Date()): string {
  return today(new Date(now.getFullYear(), now.getMonth(), now.getDate() - days));
}

/** From the first moment of `from` to the last one of `to`; an empty day sets no bound. */
export function momentsOf(from: string, to: string): { readonly from?: string; readonly to?: string } {
  return { ...(from && { from: startOf(from, 0) }), ...(to && { to: startOf(to, 1) }) };
}

/** Midnight of a day, or of one so many days later. */
function startOf(day: string, plusDays: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + plusDays).toISOString();
}
