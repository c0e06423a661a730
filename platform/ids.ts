import { AsyncLocalStorage } from 'node:async_hooks';

/** What a line of a log is found by. */
export interface Ids {
  /** Of the request that began it all: the API's own, or the one that placed the order. */
  readonly requestId?: string;
  readonly orderId?: string;
  readonly workflowId?: string;
}

const underWay = new AsyncLocalStorage<{ ids: Ids }>();

/** Does the work under these ids: every line that is written meanwhile has them. */
export function withIds<Result>(ids: Ids, work: () => Result): Result {
  return underWay.run({ ids }, work);
}

/** The ids of the work that is under way; none outside of any. */
export function currentIds(): Ids {
  return underWay.getStore()?.ids ?? {};
}

/** From now on the work that is under way has these ids, too. Nothing happens outside of any. */
export function noteIds(ids: Ids): void {
  const store = underWay.getStore();
  if (store) store.ids = { ...store.ids, ...ids };
}

/** The ids as they are whenever they are asked for: also where the work's own context is gone, such as at the end of an answer. */
export function idsOfNow(): () => Ids {
  const store = underWay.getStore();
  return () => store?.ids ?? {};
}
