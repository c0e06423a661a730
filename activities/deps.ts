import type { CheckSigning } from '../office/checks/index.ts';
import type { RegistryLookups } from '../office/registry/index.ts';
import type { Orm } from '../platform/orm.ts';
import type { Sealer } from '../platform/sealing.ts';
import type { EventRecorder } from './runtime/event-recorder.ts';

/** What a worker gives the steps of its orders: its books, its keys, its clock. */
export interface OrderDeps {
  readonly orm: Orm;
  readonly signing: CheckSigning;
  readonly sealer: Sealer;
  readonly clock: () => Date;
  /** How long a check is good for. */
  readonly checkLifetimeMs: number;
}

/** The same, and what the steps of all orders of a worker share. */
export interface StepDeps extends OrderDeps {
  readonly registry: RegistryLookups;
  readonly recorder: EventRecorder;
}
