/* The door of the reconciliation: the books against each other and against the workflows; it only reads. */

export { reconcileBooks, reconcileWorkflows, type WorkflowFacts } from './books.ts';
export { textDrift } from './messages.ts';
export { withTroubles, type WorkflowTroubles } from './workflows.ts';
