/* The door of the reconciliation: the books against each other and against the workflows. It repairs nothing. */

export { compareWorkflows, sweep, type ComparisonDeps } from './comparison.ts';
export { reconcileBooks, reconcileWorkflows } from './books.ts';
export { textDrift } from './messages.ts';
