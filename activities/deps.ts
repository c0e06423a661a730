import type { CheckSigning } from '../office/checks/signing.ts';
import type { EventRecorder } from './delivery.ts';
import type { RegistryLookups } from '../office/registry/lookups.ts';
import type { Orm } from '../platform/orm.ts';
import type { Sealer } from '../platform/sealing.ts';

/** Everything that the steps reach outside themselves; the worker builds it once. */
export interface OrderDeps {
  readonly orm: Orm;
  readonly registry: RegistryLookups;
  readonly recorder: EventRecorder;
  readonly signing: CheckSigning;
  readonly sealer: Sealer;
  readonly clock: () => Date;
  /** How long a check is good for. */
  readonly checkLifetimeMs: number;
}
