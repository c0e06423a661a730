import { z } from 'zod';
import { isKnownCalendar } from '../../domain/holidays.ts';
import { REGISTRATION_STATUSES } from '../../domain/party.ts';
import { agent, country, listOf, money, pageOf, paging, positiveMoney, sku, text } from '../http/parsing.ts';

const party = z.object({ id: z.string(), name: z.string() });
export const sellerList = listOf(party.meta({ id: 'Seller' }), 'SellerList');
export const distributorList = listOf(party.meta({ id: 'Distributor' }), 'DistributorList');
export const commodityList = listOf(
  z.object({ sku: z.string(), name: z.string(), price: money }).meta({ id: 'Commodity' }),
  'CommodityList',
);

const registered = {
  name: text(200),
  status: z.enum(REGISTRATION_STATUSES).default('active'),
  agent: agent.default('auto'),
};

const offer = z
  .strictObject({
    sku,
    name: text(200),
    price: positiveMoney,
    weightGrams: z.int().min(1).max(100_000_000),
    handlingHours: z.int().min(0).max(10_000).optional(),
  })
  .meta({ id: 'Offer' });

const feeBasisPoints = z.int().min(0).max(10_000).meta({
  description: "The office's fee on what the seller is paid, in hundredths of a per cent.",
});

export const sellerRegistration = z
  .strictObject({
    ...registered,
    currency: positiveMoney.shape.currency.optional(),
    feeBasisPoints: feeBasisPoints.optional(),
    commodities: z.array(offer).max(300).optional().meta({ description: 'When given, these are all its offers.' }),
  })
  .meta({ id: 'SellerRegistration', example: { name: 'The Mill', status: 'active', agent: 'auto' } });

const hour = z.int().min(0).max(24);
const transit = z.int().min(0).max(10_000);
const terms = z
  .strictObject({
    countries: z.array(country).min(1).max(250),
    timeZone: z.string().max(60).refine(isTimeZone, 'must be an IANA time zone').meta({ example: 'Europe/Berlin' }),
    weekdays: z.array(z.int().min(1).max(7)).min(1).max(7),
    window: z
      .strictObject({ fromHour: hour, toHour: hour })
      .refine(({ fromHour, toHour }) => fromHour < toHour, 'must end after it begins'),
    maxWeightGrams: z.int().min(1).max(1_000_000_000),
    transitHours: z.strictObject({ home: transit, abroad: transit }).optional().meta({
      description:
        'Hours by the calendar from taking the goods to the door: in the first of `countries`, and in the others. Default: 24 and 72.',
    }),
    holidays: z
      .strictObject({ country, region: text(50).optional() })
      .refine(isKnownCalendar, 'must be a country, and a part of it, whose public holidays are known, e.g. DE and BY')
      .optional()
      .meta({
        description: 'It does not deliver on public holidays of this calendar.',
        example: { country: 'DE', region: 'BY' },
      }),
    cutOffHour: hour.optional().meta({
      description:
        'Goods that are ready from this local hour on leave on the next service day. Default: they leave at once.',
    }),
  })
  .meta({ id: 'DistributorTerms', description: 'Where and when it delivers.' });

export const distributorRegistration = z
  .strictObject({ ...registered, terms: terms.optional().meta({ description: 'Required for a new distributor.' }) })
  .meta({ id: 'DistributorRegistration', example: { name: 'Swift Distribution', status: 'active', agent: 'auto' } });

const registration = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(REGISTRATION_STATUSES),
  agent,
  version: z.int(),
});
export const registeredSeller = registration.extend({ feeBasisPoints }).meta({ id: 'RegisteredSeller' });
export const registeredDistributor = registration.extend({ terms }).meta({ id: 'RegisteredDistributor' });

/** All that a PUT would say. */
export const wholeSeller = registeredSeller
  .extend({ currency: positiveMoney.shape.currency, commodities: z.array(offer) })
  .meta({ id: 'WholeSellerRegistration' });

export const sellerPage = pageOf(registeredSeller, 'SellerRegistrationPage');
export const distributorPage = pageOf(registeredDistributor, 'DistributorRegistrationPage');
export const registryQuery = z.strictObject(paging);

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
