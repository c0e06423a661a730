import { countryForms } from '../../domain/address-form.ts';
import { endpoint } from '../http/endpoint.ts';
import { countryList } from './schema.ts';

/** The same for everybody, and until the next release. */
let forms: ReturnType<typeof countryForms> | undefined;

export const listCountries = endpoint({
  method: 'get',
  path: '/v1/countries',
  operationId: 'listCountries',
  tag: 'Orders',
  summary: 'Every country that an order can go to, with the form of its addresses',
  description: 'From the data by which `deliverTo` is judged. Whether a distributor serves the country say its terms.',
  responses: { 200: { description: 'By English name.', schema: countryList } },
  answer: async () => ({
    status: 200,
    body: { data: (forms ??= countryForms()) },
    headers: { 'Cache-Control': 'public, max-age=3600' },
  }),
});
