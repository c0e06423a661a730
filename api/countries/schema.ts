import { z } from 'zod';
import { ADDRESS_PARTS } from '../../domain/address.ts';
import { listOf } from '../http/parsing.ts';

const fieldName = z.enum(ADDRESS_PARTS).exclude(['country']);

const field = z
  .object({
    name: fieldName,
    label: z.string().meta({ description: 'In English, the same for all countries.' }),
    required: z.boolean(),
    hint: z.string().optional().meta({ description: "The country's own word: ZIP code, State, Prefecture." }),
    options: z
      .array(z.object({ value: z.string(), label: z.string() }))
      .optional()
      .meta({ description: 'What there is to choose from; other texts are taken as well.' }),
  })
  .meta({ id: 'AddressField' });

const country = z
  .object({
    code: z.string().meta({ description: 'ISO 3166-1 alpha-2, as `deliverTo.country` has it.' }),
    name: z.string().meta({ description: 'In English.' }),
    fields: z.array(field).meta({ description: "What its address form asks for, in the country's usual order." }),
    oneOf: z
      .array(fieldName)
      .optional()
      .meta({ description: 'One of these must be filled in, though none is required by itself.' }),
  })
  .meta({ id: 'CountryForm' });

export const countryList = listOf(country, 'CountryList');
