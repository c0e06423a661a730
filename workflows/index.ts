export { OrderWorkflow } from './order.ts';
