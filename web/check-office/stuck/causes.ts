/** Stuck orders with one cause in common. */
export interface Cause {
  readonly reason: string;
  readonly waitingOn?: string;
  readonly orderIds: readonly [string, ...string[]];
}

interface Stuck {
  readonly id: string;
  readonly attention: { readonly reason?: string; readonly waitingOn?: string } | null;
}

/** What stuck orders have in common, the most common cause first: mostly one thing outside holds up many. */
export function causesOf(orders: readonly Stuck[]): readonly Cause[] {
  const causes = new Map<string, Cause>();
  for (const { id, attention } of orders) {
    const { reason = 'unknown', waitingOn } = attention ?? {};
    const name = `${reason} ${waitingOn}`;
    const before = causes.get(name);
    causes.set(name, { reason, waitingOn, orderIds: before ? [...before.orderIds, id] : [id] });
  }
  return [...causes.values()].toSorted((one, other) => other.orderIds.length - one.orderIds.length);
}
