import { Charge } from './charge.entity.ts';
import { Commodity } from './commodity.entity.ts';
import { Errand } from './errand.entity.ts';
import { Message } from './message.entity.ts';
import { Order } from './order.entity.ts';

/** Every entity, listed by hand. */
export const entities = [Charge, Commodity, Errand, Message, Order];
