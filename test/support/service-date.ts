/** A Wednesday noon, in the second week from now: a date that every demo distributor serves, whatever the goods. */
export function wednesdayNoon(): string {
  const day = new Date(Date.now() + 7 * 86_400_000);
  day.setUTCDate(day.getUTCDate() + ((10 - day.getUTCDay()) % 7));
  return `${day.toISOString().slice(0, 10)}T11:00:00.000Z`;
}
