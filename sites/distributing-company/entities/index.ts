import { CompanyCalendar } from './calendar.entity.ts';
import { Call } from './call.entity.ts';
import { ClosedDay } from './closed-day.entity.ts';
import { Job } from './job.entity.ts';
import { Message } from './message.entity.ts';
import { Place } from './place.entity.ts';
import { Receipt } from './receipt.entity.ts';
import { TrustedSeller } from './trusted-seller.entity.ts';
import { WeeklyHour } from './weekly-hour.entity.ts';

/** Every entity, listed by hand. */
export const entities = [Call, ClosedDay, CompanyCalendar, Job, Message, Place, Receipt, TrustedSeller, WeeklyHour];
