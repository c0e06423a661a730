import { z } from 'zod';
import { isCountry } from '../../domain/address.ts';
import { isKnownCalendar } from '../../domain/holidays.ts';
import { REGISTRATION_STATUSES } from '../../domain/party.ts';
import { PAYMENT_DEMANDS, SETTLE_POLICIES } from '../../domain/settlement.ts';
import { MOST_OFFERS } from '../../office/registry/index.ts';
import {
  agent,
  country,
  largePaging,
  money,
  pageOf,
  paging,
  pagingUpTo,
  partyId,
  positiveMoney,
  sku,
  text,
} from '../http/parsing.ts';

const party = z.object({ id: z.string(), name: z.string() });
export const sellerList = pageOf(party.meta({ id: 'Seller' }), 'SellerList');
const countries = z
  .array(z.string())
  .meta({ description: 'Where it delivers, by ISO 3166-1 alpha-2, its own country first.', example: ['DE', 'AT'] });
export const distributorList = pageOf(party.extend({ countries }).meta({ id: 'Distributor' }), 'DistributorList');
export const commodityList = pageOf(
  z.object({ sku: z.string(), name: z.string(), price: money }).meta({ id: 'Commodity' }),
  'CommodityList',
);
/** Of lists whose items are small. */
export const listQuery = z.strictObject(largePaging);

const version = z
  .int()
  .min(1)
  .optional()
  .meta({ description: 'The version that the change rests on: another one by now is a `version-conflict`.' });

const isOneLine = (url: string) => !/\p{Cc}/u.test(url);

const site = z.strictObject({ url: z.string().max(500).refine(isOneLine, 'must not hold control characters') }).meta({
  id: 'Site',
  description:
    "The party's own server, needed for the agent `site`: it takes messages at `{url}/messages` and shows its public keys at `{url}/.well-known/jwks.json`.",
  example: { url: 'https://selling-office.example' },
});

const registered = {
  name: text(200),
  status: z.enum(REGISTRATION_STATUSES).default('active'),
  agent: agent.default('auto'),
  site: site.optional(),
  id: partyId.optional().meta({ description: 'As it was read: that of the path.' }),
  version,
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

const offerChange = offer
  .partial({ name: true, price: true, weightGrams: true })
  .extend({ active: z.boolean().optional().meta({ description: 'false: no longer on offer.' }) })
  .meta({ id: 'OfferChange', description: 'What is not named stays. A new one needs name, price and weightGrams.' });

const feeBasisPoints = z.int().min(0).max(10_000).meta({
  description: "The office's fee on what the seller is paid, in hundredths of a per cent.",
});

const settleOn = z.enum(SETTLE_POLICIES).meta({
  description: 'When it is paid: after the delivery, at the notice, or as each buyer chooses. New sellers: delivery.',
});
const paymentDemand = z.enum(PAYMENT_DEMANDS).meta({
  description: 'Who demands its payment: the office in its name (auto), or itself by POST /v1/payment-demands (own).',
});

export const sellerRegistration = z
  .strictObject({
    ...registered,
    currency: positiveMoney.shape.currency.optional(),
    feeBasisPoints: feeBasisPoints.optional(),
    settleOn: settleOn.optional(),
    paymentDemand: paymentDemand.optional(),
    commodities: z
      .array(offer)
      .max(MOST_OFFERS)
      .optional()
      .meta({ description: 'When given, these are all its offers.' }),
    nextCursor: z
      .null()
      .optional()
      .meta({ description: 'As it was read: what has further pages is not all of the registration.' }),
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
      // Of what is no country at all it was said before.
      .refine(
        (calendar) => !isCountry(calendar.country) || isKnownCalendar(calendar),
        'must be a country, and a part of it, whose public holidays are known, e.g. DE and BY',
      )
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
  site: site.optional(),
  version: z.int(),
});
export const registeredSeller = registration
  .extend({ feeBasisPoints, settleOn, paymentDemand })
  .meta({ id: 'RegisteredSeller' });
export const registeredDistributor = registration.extend({ terms }).meta({ id: 'RegisteredDistributor' });

/** All that a PUT would say. */
export const wholeSeller = registeredSeller
  .extend({
    currency: positiveMoney.shape.currency,
    commodities: z.array(offer),
    nextCursor: z.string().nullable().meta({ description: 'Of the commodities; null on the last page.' }),
  })
  .meta({ id: 'WholeSellerRegistration' });

/** Pages of a seller's commodities; one who says nothing gets them all. */
export const offersQuery = z.strictObject(pagingUpTo(MOST_OFFERS));

/** What a party changes of its own registration. */
export const selfChange = z
  .strictObject({
    agent: agent.optional(),
    site: site.optional(),
    commodities: z.array(offerChange).max(1_000).optional().meta({ description: "A seller's." }),
    terms: terms.optional().meta({ description: "A distributor's, as a whole." }),
    version,
  })
  .meta({
    id: 'RegistrationChange',
    example: { commodities: [{ sku: 'flour-25kg', price: { amount: 1990, currency: 'EUR' } }] },
  });

export const ownRegistration = z.union([wholeSeller, registeredDistributor]);

export const sellerPage = pageOf(registeredSeller, 'SellerRegistrationPage');
export const distributorPage = pageOf(registeredDistributor, 'DistributorRegistrationPage');
export const registryQuery = z.strictObject(paging);

/** A name of the time zone database; an offset such as `+05:30` has no clock changes to keep. */
function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
