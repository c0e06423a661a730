import type { components } from '../../client/index.ts';
import { countryName } from './format.ts';

type DeliverTo = components['schemas']['DeliverTo'];

/** Where goods go, line by line; the country by its English name, what is for the driver below. */
export function Address({ of }: { readonly of: DeliverTo | null }) {
  if (!of) return <p className="quiet">The address is no longer shown.</p>;
  const { name, company, street, street2, city, region, postalCode, country, phone, note } = of;
  const town = [postalCode, city, region].filter(Boolean).join(' ');
  const lines = [name, company, street, street2, town, countryName(country)].filter(Boolean);
  return (
    <address>
      {lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
      {phone !== undefined && <a href={`tel:${phone.replaceAll(/[^+\d]/g, '')}`}>{phone}</a>}
      {note !== undefined && <em className="note">{note}</em>}
    </address>
  );
}
