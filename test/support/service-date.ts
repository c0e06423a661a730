/** A Wednesday noon, in the second week from then, or so many weeks later: a date that every demo distributor serves, whatever the goods. */
export function wednesdayNoon(weeksLater = 0, nowMs = Date.now()): string {
  const day = new Date(nowMs + 7 * (1 + weeksLater) * 86_400_000);
  day.setUTCDate(day.getUTCDate() + ((10 - day.getUTCDay()) % 7));
  return `${day.toISOString().slice(0, 10)}T11:00:00.000Z`;
}
