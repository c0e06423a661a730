import { z } from 'zod';
import { ADDRESS_TEXTS, addressFaults, partFault, type AddressPart } from '../../domain/address.ts';
import type { DeliverTo } from '../../domain/order.ts';
import { country, judged, textForm } from '../http/parsing.ts';

/** One part of an address, with what it is for. */
function part(name: Exclude<AddressPart, 'country'>, description?: string) {
  const { maxLength, lines } = ADDRESS_TEXTS[name];
  return judged((value) => partFault(name, value)).meta({ ...textForm(maxLength, lines), description });
}

/** An address as it is shown, and as it is presented again: the same text as with the order. */
export const deliverTo = z
  .strictObject({
    name: part('name', 'Who receives the goods.'),
    company: part('company').optional(),
    street: part('street', 'Street and number, or what stands for them.'),
    street2: part('street2', 'A second line: flat, floor, building, district.').optional(),
    city: part('city', 'Required in most countries; not in SG, HK or AE, for instance.').optional(),
    region: part('region', 'State, province, emirate and the like. Required in AU, BR, CA, IN, MX and US.').optional(),
    postalCode: part(
      'postalCode',
      'Required where the post needs it (DE, US, JP, not AE, HK, QA), and then in the form of that country.',
    ).optional(),
    country,
    phone: part('phone').optional(),
    note: part('note', 'For the driver; may have several lines.').optional(),
  })
  .meta({
    id: 'DeliverTo',
    description: 'What is required follows the country. Kept as sent, compared in NFC.',
    example: { name: 'Ada Becker', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' },
  });

/** What an order's address lacks that its country requires: at the place where it should stand. */
export function requiredByCountry({ value, issues }: z.core.ParsePayload<{ deliverTo: DeliverTo }>): void {
  const told = new Set(issues.map(({ path }) => path?.join('/')));
  for (const { part: name, detail } of addressFaults(value.deliverTo))
    if (!told.has(`deliverTo/${name}`))
      issues.push({ code: 'custom', message: detail, path: ['deliverTo', name], input: value.deliverTo });
}
