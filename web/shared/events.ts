import type { components } from '../../client/index.ts';

type Published = components['schemas']['OrderEvent'];

/** An event of an order, for a reader who expects types and members that nobody knows yet: the service may be newer than this page. */
export interface OrderEvent extends Pick<Published, 'id' | 'occurredAt' | 'actor' | 'recipient' | 'claims'> {
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}
